#ifndef PIXELS_H
#define PIXELS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// An RGBA picture, 4 bytes a pixel, rows without gaps. A pixel counts where its alpha is 255, and nowhere else.
typedef struct {
    const uint8_t *pixels;
    int32_t width;
    int32_t height;
} pixels_image;

/// The positions between two pixels that are told apart.
#define PIXELS_PHASES 256

/// Weights along one axis: PIXELS_PHASES times `taps` of them, those of each phase summing to 1. The taps/2-1 th
/// belongs to the pixel before the position. `taps` is 4, 8, 12 or 16.
typedef struct {
    const float *weights;
    int32_t taps;
} pixels_kernel;

/// Where pixels are taken from: pixel `i` of a row from (x + i * dx, y + i * dy), in pixels of the source, whose first
/// one reaches from 0 to 1.
typedef struct {
    double x, y, dx, dy;
} pixels_path;

/// Resamples `count` pixels into `out`, RGBA.
///
/// A pixel is valid where the source pixel that it falls into is. It is made with the kernels where every pixel under
/// them is valid, else from the valid ones of its four neighbours by their distance.
/// Source of the rule: GDAL's warper, whose cubic falls back to bilinear at edges.
void pixels_resample_row(pixels_image source, pixels_kernel across, pixels_kernel down, pixels_path path,
                         int32_t count, uint8_t *out);

/// Halves a picture of even width and height: each pixel of `out` is the mean of the valid ones of four, and valid
/// where one of them is. `stride` is the number of bytes from one row of `out` to the next.
void pixels_halve(pixels_image source, uint8_t *out, size_t stride);

/// What alpha says of all pixels: none is 255, all are, or some.
typedef enum { PIXELS_NONE, PIXELS_SOME, PIXELS_ALL } pixels_coverage;
pixels_coverage pixels_cover(const uint8_t *rgba, size_t count);

#endif
