"""Makes an orthophoto as a drone's flight over forest leaves it, for raster.sh: crowns, shadows, leaves and noise over a
turned, jagged footprint of which about 60 % of the canvas is valid. The same bytes for the same arguments.

usage: raster_make.py rgba|tiled|nodata|uint16 PIXELS OUT
"""
import sys

import numpy as np
import rasterio
from rasterio.transform import from_origin
from rasterio.windows import Window

PERIOD = 2048  # the texture repeats after as many pixels, under light that does not
CROWNS = 4400
GRAIN = 2.1  # of each band on its own; with it files compress as real ones do
ROWS = 512
# 5 cm at 48 degrees north and two degrees off the zone's meridian: north is not up on the web's map.
PLACE = {'crs': 'EPSG:32632', 'transform': from_origin(649000, 5318000, 0.05, 0.05)}
STRIPS_LZW = {'compress': 'LZW', 'predictor': 2}
VARIANTS = {
    'rgba': {'dtype': 'uint8', 'count': 4, 'alpha': 'yes', **STRIPS_LZW},
    'tiled': {'dtype': 'uint8', 'count': 4, 'alpha': 'yes', 'compress': 'DEFLATE', 'predictor': 2, 'tiled': True,
              'blockxsize': 512, 'blockysize': 512},
    'nodata': {'dtype': 'uint8', 'count': 3, 'nodata': 255},
    'uint16': {'dtype': 'uint16', 'count': 4, 'nodata': 65535, 'alpha': 'no', 'compress': 'LZW'},
}


def noise(random, slope):
    """Periodic noise with a mean of 0 and a deviation of 1, whose amplitude falls with the frequency."""
    spectrum = np.fft.rfft2(random.standard_normal((PERIOD, PERIOD), dtype=np.float32))
    frequency = np.hypot(np.fft.fftfreq(PERIOD)[:, None], np.fft.rfftfreq(PERIOD)[None, :])
    frequency[0, 0] = 1
    spectrum *= frequency ** -slope
    spectrum[0, 0] = 0
    field = np.fft.irfft2(spectrum, s=(PERIOD, PERIOD)).astype(np.float32)
    return field / field.std()


def crowns(random):
    """Heights of a canopy, and a colour for each crown."""
    height = np.zeros((PERIOD, PERIOD), np.float32)
    hue = np.zeros((PERIOD, PERIOD), np.float32)
    for _ in range(CROWNS):
        radius = random.integers(14, 64)
        y, x = np.mgrid[-radius:radius, -radius:radius].astype(np.float32)
        dome = np.sqrt(np.maximum(0, radius * radius - x * x - y * y)) + radius * random.random()
        dome[x * x + y * y > radius * radius] = 0
        rows, columns = random.integers(0, PERIOD, 2)
        at = np.ix_((rows + np.arange(2 * radius)) % PERIOD, (columns + np.arange(2 * radius)) % PERIOD)
        above = dome > height[at]
        height[at] = np.where(above, dome, height[at])
        hue[at] = np.where(above, random.normal(), hue[at])
    return height, hue


def texture(random):
    """The forest from above, three bands, between 1 and 200 so that light has room."""
    height, hue = crowns(random)
    leaves = noise(random, 1.2)
    slope = (np.roll(height, 1, 0) - height) + (np.roll(height, 1, 1) - height) + 1.5 * leaves
    light = 78 + 9 * np.clip(slope, -4, 4) + 8 * leaves + 6 * noise(random, 1.6)
    # Some are dead, and grey.
    dead = hue > 1.7
    tints = [np.where(dead, 1.25, 0.80 + 0.07 * hue), np.where(dead, 1.18, 1.0), np.where(dead, 1.12, 0.62 - 0.05 * hue)]
    bands = [np.clip(light * tint + GRAIN * noise(random, 0.0), 1, 200) for tint in tints]
    return np.stack(bands).astype(np.uint8)


class Footprint:
    """A rectangle turned by 14 degrees, with edges as photos at the end of their strips leave them."""

    def __init__(self, random, size):
        self.size = size
        # Steps as wide as a photo's share of the edge, and teeth of some pixels.
        self.coarse = random.random((4, 64)) * 0.05
        self.fine = random.random((4, 4096)) * 0.004

    def rows(self, top, count):
        y = ((top + np.arange(count, dtype=np.float32)) / self.size - 0.5)[:, None]
        x = (np.arange(self.size, dtype=np.float32) / self.size - 0.5)[None, :]
        cos, sin = np.float32(np.cos(np.radians(14))), np.float32(np.sin(np.radians(14)))
        along, across = x * cos + y * sin, y * cos - x * sin
        return self.within(along, across, 0) & self.within(across, along, 2)

    def within(self, value, other, side):
        coarse, fine = ((other + 1) * 32).astype(np.int32), ((other + 1) * 2048).astype(np.int32)
        low = -0.413 + self.coarse[side][coarse] + self.fine[side][fine]
        high = 0.413 - self.coarse[side + 1][coarse] - self.fine[side + 1][fine]
        return (value > low) & (value < high)


def light(random, size, rows):
    """Clouds and seasons of the flight: slow waves, as a product of few vectors."""
    waves, place = random.random((4, 4)), np.arange(size, dtype=np.float32) / size
    down = np.sin(6.28 * (np.outer(place[rows], 1 + 4 * waves[0]) + waves[1]))
    right = np.sin(6.28 * (np.outer(1 + 4 * waves[2], place) + waves[3][:, None]))
    return (1 + 0.07 * (down.astype(np.float32) @ right.astype(np.float32)))[None]


def finish(variant, colours, valid):
    """The bands of a variant."""
    if variant == 'nodata':
        return np.where(valid, colours, 255)
    if variant != 'uint16':
        return np.concatenate([colours * valid, (valid * 255).astype(np.uint8)[None]])
    infrared = np.minimum(colours[1].astype(np.uint16) * 2 + 20, 400)
    deep = np.concatenate([colours.astype(np.uint16), infrared[None]]) * 60 + 300
    # The digits below what eight bits show.
    deep += (colours[[1, 2, 0, 1]].astype(np.uint16) * 37) % 60
    return np.where(valid, deep, 65535)


def main(variant, size, out):
    random = np.random.default_rng(20261128)
    forest, footprint = texture(random), Footprint(random, size)
    options = {'driver': 'GTiff', 'width': size, 'height': size, 'photometric': 'RGB', 'interleave': 'pixel',
               'BIGTIFF': 'IF_SAFER', 'num_threads': 'all_cpus'}
    columns = np.arange(size) % PERIOD
    with rasterio.open(out, 'w', **options, **PLACE, **VARIANTS[variant]) as file:
        for top in range(0, size, ROWS):
            rows = np.arange(top, min(top + ROWS, size))
            bright = light(np.random.default_rng(7), size, rows)
            colours = np.clip(forest[:, rows % PERIOD][:, :, columns] * bright, 1, 250).astype(np.uint8)
            bands = finish(variant, colours, footprint.rows(top, len(rows)))
            file.write(bands, window=Window(0, top, size, len(rows)))


if __name__ == '__main__':
    main(sys.argv[1], int(sys.argv[2]), sys.argv[3])
