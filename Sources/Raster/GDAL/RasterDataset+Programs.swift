import CGDAL
import Failures

/// GDAL's command line programs, called in this process with their own arguments.
extension RasterDataset {
    /// `gdal_translate`. Source: https://gdal.org/programs/gdal_translate.html
    func translate(
        to path: String, arguments: [String], failure: (String) -> Failure, progress: @escaping (Double) -> Void
    ) throws {
        let list = StringList(arguments), sink = ProgressSink(progress)
        let options = try gdal(failure) { GDALTranslateOptionsNew(list.pointer, nil) }
        defer { GDALTranslateOptionsFree(options) }
        GDALTranslateOptionsSetProgress(options, ProgressSink.callback, sink.context)
        let made = try withExtendedLifetime(sink) {
            try gdal(failure) { GDALTranslate(path, handle, options, nil) }
        }
        try RasterDataset(owning: made).close()
    }

    /// `gdalwarp`. Source: https://gdal.org/programs/gdalwarp.html
    func warp(
        to path: String, arguments: [String], failure: (String) -> Failure, progress: @escaping (Double) -> Void
    ) throws -> (width: Int, height: Int) {
        let list = StringList(arguments), sink = ProgressSink(progress)
        let options = try gdal(failure) { GDALWarpAppOptionsNew(list.pointer, nil) }
        defer { GDALWarpAppOptionsFree(options) }
        GDALWarpAppOptionsSetProgress(options, ProgressSink.callback, sink.context)
        var sources: [GDALDatasetH?] = [handle]
        let made = try withExtendedLifetime(sink) {
            try gdal(failure) { GDALWarp(path, nil, 1, &sources, options, nil) }
        }
        let target = RasterDataset(owning: made), size = (target.width, target.height)
        try target.close()
        return size
    }

    /// Turns a rotated, mirrored or point-placed raster north-up in its own coordinate system. Values stay what
    /// they are (nearest neighbour); what lies outside of the source becomes transparent.
    func warpNorthUp(
        to path: String, name: String, alpha: Bool, options: [String], progress: @escaping (Double) -> Void
    ) throws -> (width: Int, height: Int) {
        let arguments =
            ["-of", "GTiff", "-r", "near", "-multi", "-wo", "NUM_THREADS=ALL_CPUS", "-wm", "128"]
            + (alpha ? ["-srcalpha"] : []) + ["-dstalpha"] + options.flatMap { ["-co", $0] }
        return try warp(
            to: path, arguments: arguments, failure: { .rasterNotWarped(name, detail: $0) }, progress: progress)
    }
}
