import Failures

/// What can be wrong with a raster file. Sentences are for the person who uploaded it.
extension Failure {
    static func rasterMissing(_ name: String) -> Failure {
        Failure("raster_missing", "opening \(name) failed: there is no such file", retry: .later)
    }

    static func rasterNotLocal(_ name: String) -> Failure {
        Failure("raster_not_local", "opening \(name) failed: only files on this machine are read")
    }

    static func rasterRefersElsewhere(_ name: String) -> Failure {
        Failure(
            "raster_refers_elsewhere",
            "opening \(name) failed: it takes its overviews from another file; export it as one complete GeoTIFF")
    }

    static func rasterNotReadable(_ name: String, formats: [String], detail: String) -> Failure {
        let wanted = formats == ["GTiff"] ? "GeoTIFF" : formats.joined(separator: ", ") + " file"
        return Failure(
            "raster_not_readable",
            "opening \(name) failed: it is not a readable \(wanted), whatever its name says; export it as GeoTIFF "
                + "and upload it again", detail: detail)
    }

    static func rasterCompression(_ name: String, detail: String) -> Failure {
        Failure(
            "raster_compression_unsupported",
            "opening \(name) failed: it is compressed in a way that is not read; export it with DEFLATE, LZW or JPEG "
                + "compression", detail: detail)
    }

    static func rasterDamaged(_ name: String, detail: String) -> Failure {
        Failure(
            "raster_damaged",
            "reading the pixels of \(name) failed: the file is damaged or was cut off; upload it again",
            detail: detail)
    }

    /// - Parameter detail: GDAL's words, which tell a lack of memory from a file that is broken.
    static func rasterNotRead(_ name: String, detail: String) -> Failure {
        guard detail.contains("allocat") || detail.lowercased().contains("out of memory") else {
            return rasterDamaged(name, detail: detail)
        }
        return Failure(
            "raster_memory",
            "reading the pixels of \(name) failed: it needs more memory than a worker gives it; export it as a tiled "
                + "GeoTIFF with tiles of 256 or 512 pixels", detail: detail)
    }

    static func rasterNotWritten(_ name: String, detail: String) -> Failure {
        Failure(
            "raster_not_written", "writing \(name) failed; there may be no space left on the disk", detail: detail,
            retry: .later)
    }

    static func crsUnknown(_ text: String) -> Failure {
        Failure("crs_unknown", "the coordinate system \(text) is not known")
    }

    static func crsNotTransformable(_ name: String, detail: String) -> Failure {
        Failure(
            "crs_not_transformable",
            "the coordinate system \(name.isEmpty ? "of this file" : name) has no known relation to longitude and "
                + "latitude; export the raster in a standard system such as UTM", detail: detail)
    }
}

/// Rasters that open but cannot be used.
extension Failure {
    static func rasterWithoutBands(_ name: String) -> Failure {
        Failure("raster_without_bands", "\(name) holds no image bands; export the orthophoto itself as GeoTIFF")
    }

    static func rasterTooManyBands(_ name: String, _ count: Int, limit: Int) -> Failure {
        Failure(
            "raster_too_many_bands",
            "\(name) has \(count) bands and at most \(limit) are read; export red, green and blue (and alpha) only")
    }

    static func rasterTooLarge(_ name: String, _ width: Int, _ height: Int) -> Failure {
        Failure(
            "raster_too_large",
            "\(name) claims \(width) x \(height) pixels, more than any survey we can process; split it or export it "
                + "at a coarser resolution")
    }

    static func rasterHollow(_ name: String, _ width: Int, _ height: Int, fileSize: Int) -> Failure {
        Failure(
            "raster_hollow",
            "\(name) claims \(width) x \(height) pixels but holds only \(fileSize / 1024) KiB of data, so nearly "
                + "all of it is empty; export it again, cropped to the surveyed area")
    }

    static func rasterBlockTooLarge(_ name: String) -> Failure {
        Failure(
            "raster_block_too_large",
            "\(name) is stored in one piece that is too large to decode; export it as a tiled GeoTIFF")
    }

    static func rasterTooManyBlocks(_ name: String) -> Failure {
        Failure(
            "raster_too_many_blocks",
            "\(name) is stored in too many small pieces; export it as a GeoTIFF with tiles of 256 or 512 pixels")
    }

    static func rasterComplex(_ name: String) -> Failure {
        Failure(
            "raster_type_unsupported",
            "\(name) holds complex numbers (radar data), not an image; export an 8-bit or 16-bit orthophoto")
    }

    static func rasterPaletteTooWide(_ name: String) -> Failure {
        Failure(
            "raster_palette_unsupported",
            "\(name) holds numbers of colours in a palette of more than 256; export it with red, green and blue bands")
    }

    static func rasterTypeUnknown(_ name: String) -> Failure {
        Failure(
            "raster_type_unsupported",
            "\(name) holds numbers of a kind that is not read; export an 8-bit or 16-bit orthophoto")
    }

    static func rasterAllInvalid(_ name: String) -> Failure {
        Failure(
            "raster_empty",
            "\(name) has no valid pixel: every one is transparent or nodata; check the export and upload it again")
    }
}

/// The world-wide data of `ASSETS_DIR`.
extension Failure {
    static func assetMissing(_ name: String) -> Failure {
        Failure("asset_missing", "looking up the place failed: \(name) is not in the assets folder")
    }

    static func assetNotReadable(_ name: String, detail: String) -> Failure {
        Failure("asset_not_readable", "looking up the place in \(name) failed", detail: detail)
    }
}
