#pragma once
#include <libexif/exif-data.h>
#include <libexif/exif-loader.h>
#include <libexif/exif-utils.h>

// exif_data_get_entry and exif_content_get_entry's siblings are function-like macros,
// which can't be called from Swift.
static inline ExifEntry *exifshim_entry(ExifData *data, ExifTag tag) {
    return exif_data_get_entry(data, tag);
}
