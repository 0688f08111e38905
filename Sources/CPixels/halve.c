#include "pixels.h"

#include <string.h>

/// Of four pixels not all of which are valid.
static void mean_of_some(const uint8_t *pixels[4], uint8_t *out) {
    unsigned sum[3] = {0, 0, 0}, count = 0;
    for (int i = 0; i < 4; i++) {
        if (pixels[i][3] != 255) continue;
        for (int channel = 0; channel < 3; channel++) sum[channel] += pixels[i][channel];
        count++;
    }
    for (int channel = 0; channel < 3; channel++)
        out[channel] = count ? (uint8_t)((sum[channel] + count / 2) / count) : 0;
    out[3] = count ? 255 : 0;
}

void pixels_halve(pixels_image source, uint8_t *out, size_t stride) {
    const size_t row_bytes = (size_t)source.width * 4;
    for (int32_t y = 0; y < source.height / 2; y++) {
        const uint8_t *upper = source.pixels + 2 * y * row_bytes, *lower = upper + row_bytes;
        uint8_t *to = out + y * stride;
        for (int32_t x = 0; x < source.width / 2; x++, upper += 8, lower += 8, to += 4) {
            if ((upper[3] & upper[7] & lower[3] & lower[7]) == 255) {
                for (int channel = 0; channel < 4; channel++)
                    to[channel] = (uint8_t)((upper[channel] + upper[channel + 4] + lower[channel] + lower[channel + 4] + 2) >> 2);
            } else {
                mean_of_some((const uint8_t *[4]){upper, upper + 4, lower, lower + 4}, to);
            }
        }
    }
}

pixels_coverage pixels_cover(const uint8_t *rgba, size_t count) {
    uint32_t all = ~0u, any = 0;
    for (size_t i = 0; i < count; i++) {
        uint32_t pixel;
        memcpy(&pixel, rgba + i * 4, 4);
        all &= pixel;
        any |= pixel;
    }
    // A pixel's bytes in memory, whatever the order of bytes in a word.
    uint8_t every[4], some[4];
    memcpy(every, &all, 4);
    memcpy(some, &any, 4);
    return every[3] == 255 ? PIXELS_ALL : some[3] == 0 ? PIXELS_NONE : PIXELS_SOME;
}
