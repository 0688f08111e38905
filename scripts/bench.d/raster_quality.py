"""Compares a COG with what it should show: the standard picture, warped by gdalwarp with exact coordinates and a cubic
kernel onto the COG's own pixels, and the overviews of that. For raster.sh; outside of its clock.

usage: raster_quality.py STANDARD COG FOLDER BLOCKS

Looks at blocks of 2048 pixels of the web's own grid: BLOCKS of them, spread over the picture, or all. What they should show
is kept in FOLDER for the next COG of the same picture. Prints lines of a name and a value:

picture           a fingerprint of the standard picture's valid pixels
psnr, psnr_edges  the first leaves out what is within a pixel of the mask's edge
luma              of brightness alone, for JPEG keeps colour at half the resolution
mean_2, mean_4    the overviews, and the mean of the valid among 2 x 2 and 4 x 4 pixels
cubic_2, cubic_4  the overviews, and what GDAL makes
mask_far          pixels whose validity no neighbour in the other mask has
mask_near         all whose validity differs
"""
import hashlib
import math
import os
import subprocess
import sys

import numpy as np
import rasterio
from rasterio.windows import Window

BLOCK, MARGIN = 2048, 8
HALF = 20037508.342789244
LUMA = np.array([[[0.299]], [[0.587]], [[0.114]]], np.float32)
NAMES = ('psnr', 'psnr_edges', 'luma', 'mean_2', 'mean_4', 'cubic_2', 'cubic_4')


def fingerprint(path):
    """Of valid pixels and alpha; how they are stored does not matter."""
    digest = hashlib.sha256()
    with rasterio.open(path) as file:
        for top in range(0, file.height, 512):
            bands = file.read(window=Window(0, top, file.width, min(512, file.height - top)))
            valid = bands[3] > 0 if len(bands) == 4 else np.ones(bands.shape[1:], bool)
            digest.update((bands[:3] * valid).tobytes() + valid.tobytes())
    return digest.hexdigest()[:16]


class Cog:
    """A COG and its first two overviews, addressed by pixels of the web's grid."""

    def __init__(self, path):
        self.levels = [rasterio.open(path)] + [rasterio.open(path, overview_level=level) for level in (0, 1)]
        full = self.levels[0]
        self.zoom = round(math.log2(2 * HALF / 256 / full.transform.a))
        self.cell = 2 * HALF / 256 / 2**self.zoom
        left, top = (full.transform.c + HALF) / self.cell, (HALF - full.transform.f) / self.cell
        self.left, self.top = round(left), round(top)
        stretched = abs(full.transform.a / self.cell - 1) * full.width
        if max(abs(left - self.left), abs(top - self.top), stretched) > 0.01:
            raise SystemExit(f'{path} does not lie on the grid of zoom {self.zoom}')
        if (self.left | self.top) % 4:
            raise SystemExit(f'{path}: its overviews do not lie on the grids of the zooms above')

    def blocks(self):
        full = self.levels[0]
        return [(x, y) for y in range(self.top // BLOCK, (self.top + full.height - 1) // BLOCK + 1)
                for x in range(self.left // BLOCK, (self.left + full.width - 1) // BLOCK + 1)]

    def read(self, level, x, y):
        """Colours and validity of a block; beyond the COG nothing is valid."""
        file, side = self.levels[level], BLOCK >> level
        column, row = x * side - (self.left >> level), y * side - (self.top >> level)
        inner = Window(column, row, side, side).intersection(Window(0, 0, file.width, file.height))
        colours, valid = np.zeros((3, side, side), np.uint8), np.zeros((side, side), bool)
        down, right = int(inner.row_off - row), int(inner.col_off - column)
        place = np.s_[down:down + int(inner.height), right:right + int(inner.width)]
        colours[(slice(None), *place)] = file.read([1, 2, 3], window=inner)
        valid[place] = file.dataset_mask(window=inner) > 0
        return colours, valid


def warp(standard, cog, x, y, folder):
    """The block as it should be, with GDAL's own overviews of it."""
    out = f'{folder}/{cog.zoom}_{x}_{y}.tif'
    if not os.path.exists(out):
        side = BLOCK * cog.cell
        extent = [x * side - HALF, HALF - (y + 1) * side, (x + 1) * side - HALF, HALF - y * side]
        subprocess.run(['gdalwarp', '-q', '-overwrite', '-of', 'GTiff', '-co', 'TILED=YES', '-t_srs', 'EPSG:3857',
                        '-te', *(f'{value:.9f}' for value in extent), '-ts', str(BLOCK), str(BLOCK), '-et', '0',
                        '-r', 'cubic', '-dstalpha', '-multi', '-wm', '512', '-wo', 'NUM_THREADS=ALL_CPUS',
                        standard, f'{out}.part'], check=True)
        subprocess.run(['gdaladdo', '-q', '-r', 'cubic', f'{out}.part', '2', '4'], check=True)
        os.rename(f'{out}.part', out)
    levels = []
    for level in (None, 0, 1):
        with rasterio.open(out, **({} if level is None else {'overview_level': level})) as file:
            bands = file.read()
        levels.append((bands[:3], bands[3] > 0))
    return levels


def halve(colours, valid):
    """The mean of the valid pixels among each 2 x 2, not rounded, so that halving twice is the mean of 4 x 4."""
    weight = valid.astype(np.float32)
    total, count = (colours * weight, weight) if valid.dtype == bool else (colours, valid)
    add = lambda field: field[..., ::2, ::2] + field[..., 1::2, ::2] + field[..., ::2, 1::2] + field[..., 1::2, 1::2]
    return add(total), add(count)


def grown(mask):
    """With all neighbours of what it has."""
    wide = mask.copy()
    wide[1:] |= mask[:-1]
    wide[:-1] |= mask[1:]
    both = wide.copy()
    both[:, 1:] |= wide[:, :-1]
    both[:, :-1] |= wide[:, 1:]
    return both


def shrunk(mask):
    return ~grown(~mask)


class Sums:
    def __init__(self):
        self.squares, self.counts = dict.fromkeys(NAMES, 0.0), dict.fromkeys(NAMES, 0)
        self.far = self.near = self.valid = 0

    def add(self, name, shown, wanted, where):
        inner = np.s_[MARGIN:-MARGIN, MARGIN:-MARGIN]
        where = where[inner]
        gap = shown[:, *inner][:, where].astype(np.float32) - wanted[:, *inner][:, where]
        self.squares[name] += float(np.square(gap, dtype=np.float64).sum())
        self.counts[name] += gap.size

    def masks(self, shown, wanted):
        inner = np.s_[MARGIN:-MARGIN, MARGIN:-MARGIN]
        self.near += int((shown ^ wanted)[inner].sum())
        self.far += int(((shown & ~grown(wanted)) | (wanted & ~grown(shown)))[inner].sum())
        self.valid += int(wanted[inner].sum())

    def psnr(self, name):
        if not self.squares[name]:
            return 'inf'
        return f'{10 * math.log10(255**2 * self.counts[name] / self.squares[name]):.2f}'


def compare(cog, x, y, levels, sums):
    (wanted, mask), total, count = levels[0], *levels[0]
    shown, valid = cog.read(0, x, y)
    sums.masks(valid, mask)
    sums.add('psnr', shown, wanted, shrunk(valid & mask))
    sums.add('luma', (shown * LUMA).sum(0)[None], (wanted * LUMA).sum(0)[None], shrunk(valid & mask))
    sums.add('psnr_edges', shown, wanted, valid & mask)
    for level, side in ((1, 2), (2, 4)):
        shown, valid = cog.read(level, x, y)
        total, count = halve(total, count)
        # Around the mask's edge means depend on who counts as valid, not on how well they are made.
        sums.add(f'mean_{side}', shown, total / np.maximum(count, 1), shrunk(valid & (count == side * side)))
        sums.add(f'cubic_{side}', shown, levels[level][0], shrunk(valid & levels[level][1]))


def main(standard, path, folder, wanted):
    picture, cog, sums = fingerprint(standard), Cog(path), Sums()
    folder = f'{folder}/{picture}'
    os.makedirs(folder, exist_ok=True)
    blocks = cog.blocks()
    # Spread over the picture, and the same ones for each COG of it.
    step = max(1, round(len(blocks) / int(wanted)))
    for x, y in [(x, y) for x, y in blocks if (x + 2 * y) % step == 0]:
        compare(cog, x, y, warp(standard, cog, x, y, folder), sums)
    print('picture', picture)
    for name in NAMES:
        print(name, sums.psnr(name))
    print('mask_far', sums.far)
    print('mask_near', sums.near)
    print('block', cog.levels[0].block_shapes[0][0])
    print('overviews', len(cog.levels[0].overviews(1)))
    print('zoom', cog.zoom)


if __name__ == '__main__':
    main(*sys.argv[1:])
