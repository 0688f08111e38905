"""The platform's present steps (geotiff, cog, thumbnail), for raster.sh: the same GDAL programs with the same options, and
the same work in Python around them. One process, with everything imported before the clock starts; no log, no database, no
transfer. Prints a line for each step: its name, its seconds, and its seconds of CPU with those of the programs it ran.

usage: raster_present.py IN STANDARD COG THUMBNAIL
"""
import os
import resource
import shutil
import subprocess
import sys
import time

import numpy as np
import rasterio
from PIL import Image
from rasterio.enums import ColorInterp
from rasterio.windows import Window
from rio_cogeo.cogeo import cog_info

BANDS = [1, 2, 3]
THREADS = ['--config', 'GDAL_NUM_THREADS', 'ALL_CPUS']


def run(*command):
    subprocess.run([str(word) for word in command], check=True, stdout=subprocess.DEVNULL)


def compression(source):
    return source.compression.value.upper() if source.compression else 'DEFLATE'


def packing(name):
    return ['-co', f'COMPRESS={name}'] + (['-co', 'PREDICTOR=2'] if name == 'DEFLATE' else [])


def stretch(source, bands):
    """2nd and 98th percentile of each band, from the middle quarter of the picture, all of whose bands are read."""
    window = Window(source.width // 4, source.height // 4, source.width // 2, source.height // 2)
    middle = source.read(window=window)
    limits = []
    for band in bands:
        values = middle[band - 1]
        limits.append(np.percentile(values[values != source.nodata], (2, 98)))
    return limits


def to_bytes(path, out):
    with rasterio.open(path) as source:
        limits, name = stretch(source, BANDS), compression(source)
    scale = [word for number, (low, high) in enumerate(limits, 1) for word in (f'-scale_{number}', low, high, 0, 255)]
    chosen = [word for band in BANDS for word in ('-b', band)]
    run('gdal_translate', '-q', '-ot', 'Byte', *chosen, *scale, '-a_nodata', 0, *packing(name), '-co', 'TILED=YES', path, out)


def add_alpha(path, small, out):
    """Copies block by block, and makes transparent where all bands of the source have its nodata value."""
    with rasterio.open(path) as source, rasterio.open(small) as colours:
        profile = {**colours.profile, 'count': 4, 'nodata': None, 'compress': 'DEFLATE', 'photometric': 'RGB', 'alpha': 'yes'}
        with rasterio.open(out, 'w', **profile) as target:
            for _, window in colours.block_windows(1):
                valid = (source.read(BANDS, window=window) != source.nodata).any(axis=0)
                alpha = (valid * 255).astype(np.uint8)
                target.write(np.concatenate([colours.read(window=window) * valid, alpha[None]]), window=window)


def standardise(path, out):
    # No file is open, and so nothing is kept in memory for it, while a program of GDAL's runs.
    with rasterio.open(path) as source:
        eight_bits, tiled, name = source.dtypes[0] == 'uint8', source.profile['tiled'], compression(source)
        validity = ['-srcnodata', source.nodata, '-dstalpha']
        if ColorInterp.alpha in source.colorinterp or source.nodata is None:
            validity = []
    if eight_bits and tiled:
        shutil.copy2(path, out)
    elif eight_bits:
        rewrite(path, out, name, validity)
    else:
        small, whole = f'{out}.byte.tif', f'{out}.rgba.tif'
        to_bytes(path, small)
        add_alpha(path, small, whole)
        rewrite(whole, out, name, [])
        os.remove(small)
        os.remove(whole)
    # It has to open.
    cog_info(out)


def rewrite(path, out, name, validity):
    run('gdalwarp', '-q', '-of', 'GTiff', '-co', 'TILED=YES', *packing(name), '-co', 'BIGTIFF=YES',
        '--config', 'GDAL_TIFF_INTERNAL_MASK', 'YES', *THREADS, *validity, path, out)


def cog(standard, out):
    run('gdal_translate', '-q', '-b', 1, '-b', 2, '-b', 3, '-mask', 4, standard, out, '-co', 'BIGTIFF=YES', '-ot', 'Byte',
        '-of', 'COG', '-co', 'COMPRESS=JPEG', '-co', 'QUALITY=95', '-co', 'OVERVIEW_COMPRESS=JPEG',
        '-co', 'OVERVIEW_QUALITY=95', '-co', 'TILING_SCHEME=GoogleMapsCompatible',
        '--config', 'GDAL_TIFF_INTERNAL_MASK', 'TRUE', *THREADS, '--config', 'GDAL_CACHEMAX', 32768,
        '--config', 'GDAL_GTIFF_SRS_SOURCE', 'EPSG')


def thumbnail(standard, out):
    with rasterio.open(standard) as source:
        share = 256 / max(source.width, source.height)
        width, height = int(source.width * share), int(source.height * share)
        colours = source.read([1, 2, 3], out_shape=(3, height, width))
        alpha = source.read(4, out_shape=(height, width))
    colours = np.where(alpha == 0, 255, colours).astype(np.uint8)
    picture = Image.new('RGB', (256, 256), 'white')
    picture.paste(Image.fromarray(np.moveaxis(colours, 0, 2)), ((256 - width) // 2, (256 - height) // 2))
    picture.save(out, 'JPEG', quality=85)


def cpu():
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


def main(path, standard, out, small):
    for name, step, arguments in (('geotiff', standardise, (path, standard)), ('cog', cog, (standard, out)),
                                  ('thumbnail', thumbnail, (standard, small))):
        start, before = time.monotonic(), cpu()
        step(*arguments)
        print(name, f'{time.monotonic() - start:.3f} {cpu() - before:.3f}', flush=True)


if __name__ == '__main__':
    main(*sys.argv[1:])
