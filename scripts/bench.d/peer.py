"""What the worker of every peer is asked, the same as of ours (Benchmarks/QueueBench).

drain ROWS SIZE   run all waiting rows; print seconds until the last handler, and until the database is complete
serve MARKS       run until SIGTERM; append the time of each handler's first line to a file

The database is $PEER_URL.
"""

import asyncio
import os
import signal
import sys
import time

import asyncpg
import uvloop


async def drain(work, rows, size, left):
    reached = 0

    def started():
        nonlocal reached
        reached += 1

    watch = await asyncpg.connect(os.environ["PEER_URL"])
    start = time.monotonic()
    worker = asyncio.create_task(work(started, size))
    while reached < rows:
        if worker.done():
            worker.result()
            raise RuntimeError("the worker stopped before it had run all rows")
        await asyncio.sleep(0.002)
    handled = time.monotonic() - start
    while await watch.fetchval(left) > 0:
        await asyncio.sleep(0.002)
    print(handled, time.monotonic() - start)
    await stop(worker)
    await watch.close()


async def serve(work, marks, size):
    file = os.open(marks, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
    worker = asyncio.create_task(work(lambda: os.write(file, b"%d\n" % time.monotonic_ns()), size))
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, worker.cancel)
    await asyncio.wait([worker])
    if not worker.cancelled():
        worker.result()


async def stop(worker):
    worker.cancel()
    await asyncio.wait([worker], timeout=10)


def main(work, default_size, left):
    match sys.argv[1:]:
        case ["drain", rows, size]:
            uvloop.run(drain(work, int(rows), int(size), left))
        case ["serve", marks]:
            uvloop.run(serve(work, marks, default_size))
        case _:
            sys.exit(__doc__)
    # A library may still be closing its connections; there is nothing left to wait for.
    sys.stdout.flush()
    os._exit(0)
