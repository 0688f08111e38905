#include "pixels.h"

#include <math.h>
#include <string.h>

// Vectors of the compiler's own kind, so that one text serves every processor. Where an x86 has AVX2, a copy of the
// outer function that was compiled for it is taken at run time.
#if defined(__x86_64__) && defined(__linux__)
#define FOR_EACH_PROCESSOR __attribute__((target_clones("arch=x86-64-v3", "default")))
#else
#define FOR_EACH_PROCESSOR
#endif
#define INLINE static inline __attribute__((always_inline))

typedef float floats16 __attribute__((vector_size(64)));
typedef float floats4 __attribute__((vector_size(16)));
typedef int32_t ints4 __attribute__((vector_size(16)));
typedef uint8_t bytes16 __attribute__((vector_size(16)));
typedef uint32_t words4 __attribute__((vector_size(16)));
typedef uint8_t bytes4 __attribute__((vector_size(4)));

enum { FRACTION = 32, PHASE_SHIFT = FRACTION - 8 };

INLINE const uint8_t *at(pixels_image source, int x, int y) {
    return source.pixels + ((size_t)y * source.width + x) * 4;
}

INLINE bool is_valid(pixels_image source, int x, int y) {
    return x >= 0 && y >= 0 && x < source.width && y < source.height && at(source, x, y)[3] == 255;
}

/// The weighted sum under both kernels whose first pixel is (left, top); false where a pixel under them is invalid.
INLINE bool convolve(pixels_image source, int left, int top, const float *across, int columns, const float *down,
                     int rows, uint8_t *out) {
    floats4 sum = {0, 0, 0, 0};
    words4 common = {~0u, ~0u, ~0u, ~0u};
    for (int group = 0; group < columns; group += 4) {
        floats16 column = {0};
        for (int row = 0; row < rows; row++) {
            bytes16 pixels;
            memcpy(&pixels, at(source, left + group, top + row), 16);
            common &= (words4)pixels;
            column += __builtin_convertvector(pixels, floats16) * down[row];
        }
        sum += __builtin_shufflevector(column, column, 0, 1, 2, 3) * across[group]
             + __builtin_shufflevector(column, column, 4, 5, 6, 7) * across[group + 1]
             + __builtin_shufflevector(column, column, 8, 9, 10, 11) * across[group + 2]
             + __builtin_shufflevector(column, column, 12, 13, 14, 15) * across[group + 3];
    }
    if ((common[0] & common[1] & common[2] & common[3]) >> 24 != 255) return false;
    sum = __builtin_elementwise_min(__builtin_elementwise_max(sum, (floats4){0, 0, 0, 0}),
                                    (floats4){255, 255, 255, 255});
    bytes4 bytes = __builtin_convertvector(__builtin_convertvector(sum + 0.5f, ints4), bytes4);
    memcpy(out, &bytes, 4);
    out[3] = 255;
    return true;
}

/// From the valid ones of the four pixels around (x, y) + (right, below).
static void blend(pixels_image source, int x, int y, float right, float below, uint8_t *out) {
    float sum[3] = {0, 0, 0}, weights = 0;
    for (int corner = 0; corner < 4; corner++) {
        int column = x + (corner & 1), row = y + (corner >> 1);
        if (!is_valid(source, column, row)) continue;
        float weight = (corner & 1 ? right : 1 - right) * (corner >> 1 ? below : 1 - below);
        for (int channel = 0; channel < 3; channel++) sum[channel] += weight * at(source, column, row)[channel];
        weights += weight;
    }
    for (int channel = 0; channel < 3; channel++) out[channel] = (uint8_t)(sum[channel] / weights + 0.5f);
    out[3] = 255;
}

INLINE void resample(pixels_image source, const float *across, int columns, const float *down, int rows,
                     pixels_path path, int32_t count, uint8_t *out) {
    // Pixel centres lie at halves, and each phase stands for the positions around it.
    const double one = (double)((int64_t)1 << FRACTION), shift = 0.5 / PIXELS_PHASES - 0.5;
    int64_t x = (int64_t)floor((path.x + shift) * one), y = (int64_t)floor((path.y + shift) * one);
    const int64_t dx = (int64_t)(path.dx * one), dy = (int64_t)(path.dy * one);
    for (int32_t i = 0; i < count; i++, x += dx, y += dy, out += 4) {
        int column = (int)(x >> FRACTION), row = (int)(y >> FRACTION);
        int right = (int)(x >> PHASE_SHIFT) & (PIXELS_PHASES - 1), below = (int)(y >> PHASE_SHIFT) & (PIXELS_PHASES - 1);
        int left = column - columns / 2 + 1, top = row - rows / 2 + 1;
        if (left >= 0 && top >= 0 && left + columns <= source.width && top + rows <= source.height
            && convolve(source, left, top, across + right * columns, columns, down + below * rows, rows, out))
            continue;
        if (is_valid(source, column + (right >= PIXELS_PHASES / 2), row + (below >= PIXELS_PHASES / 2)))
            blend(source, column, row, (float)right / PIXELS_PHASES, (float)below / PIXELS_PHASES, out);
        else
            memset(out, 0, 4);
    }
}

FOR_EACH_PROCESSOR
void pixels_resample_row(pixels_image source, pixels_kernel across, pixels_kernel down, pixels_path path,
                         int32_t count, uint8_t *out) {
    if (across.taps == 4 && down.taps == 4)
        resample(source, across.weights, 4, down.weights, 4, path, count, out);
    else
        resample(source, across.weights, across.taps, down.weights, down.taps, path, count, out);
}
