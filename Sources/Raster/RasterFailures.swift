import Failures

/// What can be wrong with a raster file. Sentences are for the person who uploaded it.
extension Failure {
    static func rasterMissing(_ name: String) -> Failure {
        Failure("raster_missing", "opening \(name) failed: there is no such file", retry: .later)
    }

    static func rasterNotLocal(_ name: String) -> Failure {
        Failure("raster_not_local", "opening \(name) failed: only files on this machine are read")
    }

    static func rasterNotReadable(_ name: String, formats: [String], detail: String) -> Failure {
        let wanted = formats == ["GTiff"] ? "GeoTIFF" : formats.joined(separator: ", ") + " file"
        return Failure(
            "raster_not_readable",
            "opening \(name) failed: it is not a readable \(wanted), whatever its name says; export it as GeoTIFF "
                + "and upload it again", detail: detail)
    }

    static func rasterDamaged(_ name: String, detail: String) -> Failure {
        Failure(
            "raster_damaged",
            "reading the pixels of \(name) failed: the file is damaged or was cut off; upload it again",
            detail: detail)
    }

    static func rasterNotWritten(_ name: String, detail: String) -> Failure {
        Failure("raster_not_written", "writing \(name) failed", detail: detail, retry: .later)
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
