"""Makes a ZIP of drone photos of the size of a real flight from a few small ones: each is one of them, with all its tags,
and behind its end what looks like more of the same photo to a compressor. No two are the same.

usage: upload_photos.py stored|deflated COUNT BYTES-EACH OUT.zip SEED.jpg…
"""

import random
import sys
import zipfile

# In front of it are the tags of a photo, which are to be there once.
HEAD = 64 * 1024


def main():
    if len(sys.argv) < 6:
        sys.exit(__doc__)
    method, count, size, out = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4]
    photos = []
    for path in sys.argv[5:]:
        with open(path, "rb") as file:
            photos.append(file.read())
    dice = random.Random(1)
    compression = {"stored": zipfile.ZIP_STORED, "deflated": zipfile.ZIP_DEFLATED}[method]
    # Level 1: photos hardly shrink, and unpacking costs the same for all levels.
    with zipfile.ZipFile(out, "w", compression, compresslevel=1) as archive:
        for number in range(count):
            archive.writestr(f"DJI_{number + 1:04}.JPG", photo(photos, number, size, dice))


def photo(photos, number, size, dice):
    content = bytearray(photos[number % len(photos)])
    while len(content) < size - 16:
        other = dice.choice(photos)
        start = dice.randrange(HEAD, max(HEAD + 1, len(other) // 2))
        content += other[start:start + size - 16 - len(content)]
    # As every camera ends them; without it a reader would look through all of the file for the end.
    return bytes(content) + dice.randbytes(14) + b"\xff\xd9"


if __name__ == "__main__":
    main()
