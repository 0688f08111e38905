"""Receives the chunks of uploads as the platform's API does at present, one process: each is read whole into memory and
appended to <upload_id>.tmp.

usage: upload_peer.py FOLDER PORT
"""

import pathlib
import sys
from typing import Annotated

import aiofiles
import fastapi
import uvicorn

app = fastapi.FastAPI()
Field = Annotated[str, fastapi.Form()]
Number = Annotated[int, fastapi.Form()]


@app.get("/livez")
async def livez():
    return {}


@app.post("/datasets/chunk")
async def receive(
    file: fastapi.UploadFile, chunk_index: Number, chunks_total: Number, upload_id: Field, license: Field,
    platform: Field, authors: Annotated[list[str], fastapi.Form()],
):
    content = await file.read()
    async with aiofiles.open(app.state.folder / f"{upload_id}.tmp", "wb" if chunk_index == 0 else "ab") as target:
        await target.write(content)
    return {"message": f"Chunk {chunk_index} of {chunks_total} received"}


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    app.state.folder = pathlib.Path(sys.argv[1])
    uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[2]), workers=1, log_level="warning")
