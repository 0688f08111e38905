import Failures
import Foundation

/// The steps from an orthophoto as people upload it to what the map shows.
///
/// All are synchronous and single use: call them in a process that may be killed, since cancelling is just that.
public enum Orthophoto {
    /// Makes an orthophoto standard: 8-bit RGB or RGBA, tiled, lossless, BigTIFF where needed, north-up in its own
    /// coordinate system, validity in alpha alone.
    ///
    /// The input is decoded once (twice when it is rotated or placed by control points). Memory stays below 1 GiB
    /// whatever the size of the image.
    /// - Parameters:
    ///   - input: a GeoTIFF; other formats are refused whatever their name.
    ///   - output: appears only when it is whole.
    ///   - mayLink: an input that is standard already may become the output by a second name, which takes neither time
    ///     nor space; for callers that change neither.
    ///   - progress: 0…1, monotone, on the calling thread.
    /// - Throws: a `Failure` whose sentence tells the uploader what to do; nothing is left behind.
    @discardableResult
    public static func standardise(
        _ input: String, to output: String, limits: RasterLimits = RasterLimits(), mayLink: Bool = false,
        progress: @escaping (Double) -> Void = { _ in }
    ) throws -> StandardiseReport {
        var source = try RasterSource(opening: input, limits: limits)
        let place = try Georeference.read(source.raster)
        let findings = try source.settle()
        var report = StandardiseReport(source, place, findings)
        if report.deviations.isEmpty {
            report.validShare = try copyStandard(source, to: output, mayLink, progress)
            report.alreadyStandard = true
        } else if case .northUp(let transform) = place.placement {
            report.validShare = try WholeFile.create(output) { part in
                try writeStandard(source, place, transform, to: part, progress)
            }
        } else {
            try warpStandard(source, place, to: output, &report, progress)
        }
        report.image = try facts(output, place.crs, report)
        progress(1)
        return report
    }

    /// What the standard copy tells.
    private static func facts(
        _ path: String, _ crs: borrowing CoordinateSystem, _ report: StandardiseReport
    ) throws -> ImageFacts? {
        var source = try RasterSource(opening: path)
        guard let transform = source.raster.geoTransform else { return nil }
        _ = try source.settle()
        var share = report.validShare
        if report.placement != .northUp {
            // Turned, the picture has corners that it had not.
            let valid = try ValidCounter.count(source, most: mostThreads) { _ in }
            share = Double(valid) / Double(source.raster.width * source.raster.height)
        }
        return try share.flatMap { try ImageFacts(source, crs, transform, validShare: $0) }
    }

    /// - Returns: the share of valid pixels: all are decoded once, so that damage is found here.
    private static func copyStandard(
        _ source: borrowing RasterSource, to output: String, _ mayLink: Bool, _ progress: (Double) -> Void
    ) throws -> Double {
        let name = source.raster.name, path = source.path
        guard source.hasAllBlocks(fileSize: source.fileSize) else {
            throw Failure.rasterDamaged(name, detail: "blocks lie beyond the end of the file")
        }
        let valid = try ValidCounter.count(source, most: mostThreads, progress)
        guard valid > 0 else { throw Failure.rasterAllInvalid(name) }
        try WholeFile.create(output) { part in
            if mayLink, link(path, part) == 0 { return }
            do { try FileManager.default.copyItem(atPath: path, toPath: part) } catch {
                throw Failure.rasterNotWritten(name, detail: "\(error)")
            }
        }
        return Double(valid) / Double(source.raster.width * source.raster.height)
    }

    /// Writes the source's pixels in the standard form, on all cores.
    /// - Parameter transform: where they lie; nil for control points.
    /// - Returns: the share of valid pixels.
    private static func writeStandard(
        _ source: borrowing RasterSource, _ place: borrowing Georeference, _ transform: GeoTransform?,
        to path: String, _ progress: (Double) -> Void
    ) throws -> Double {
        let (width, height, windows) = (source.raster.width, source.raster.height, source.tiles())
        let file = try StandardFile(creating: path, width: width, height: height, channels: source.channelCount)
        var makers: [StandardTileMaker] = []
        for _ in 0..<ParallelWork.workerCount(for: windows.count, most: mostThreads) {
            makers.append(try StandardTileMaker(source, windows, file))
        }
        try ParallelWork.run(windows.count, by: makers, progress)
        let valid = makers.reduce(0) { $0 + $1.validPixels }
        guard valid > 0 else { throw Failure.rasterAllInvalid(source.raster.name) }
        try file.finish(sketch(source, place, transform, beside: path))
        return Double(valid) / Double(width * height)
    }

    private static func sketch(
        _ source: borrowing RasterSource, _ place: borrowing Georeference, _ transform: GeoTransform?,
        beside path: String
    ) throws -> TIFFDirectory {
        try TIFFSketch.draw(
            beside: path, bands: source.channelCount, options: creationOptions(alpha: source.hasValidity)
        ) { raster in
            try raster.setMetadata(RasterSource.settledKey, "settled")
            if let transform { try raster.setGeoTransform(transform) }
            if case .controlPoints(let points) = place.placement, transform == nil {
                try raster.setGroundControlPoints(points, crs: place.crs)
            } else {
                try raster.setCRS(place.crs)
            }
        }
    }

    /// First the pixels in the standard form where they are, then the same turned north-up.
    private static func warpStandard(
        _ source: borrowing RasterSource, _ place: borrowing Georeference, to output: String,
        _ report: inout StandardiseReport, _ progress: @escaping (Double) -> Void
    ) throws {
        let result = try WholeFile.scratch(beside: output) { scratch in
            var transform: GeoTransform?
            if case .turned(let found) = place.placement { transform = found }
            let share = try writeStandard(source, place, transform, to: scratch) { progress($0 * 0.5) }
            let standing = try RasterDataset(opening: scratch)
            let size = try WholeFile.create(output) { part in
                try standing.warpNorthUp(
                    to: part, name: source.raster.name, alpha: source.hasValidity,
                    options: creationOptions(alpha: true)
                ) { progress(0.5 + $0 * 0.5) }
            }
            return (share: share, size: size)
        }
        report.validShare = result.share
        (report.width, report.height, report.bands) = (result.size.width, result.size.height, 4)
    }

    /// Each holds some 20 MiB, and what its values take before they are pixels.
    private static let mostThreads = 8

    private static func creationOptions(alpha: Bool) -> [String] {
        [
            "TILED=YES", "BLOCKXSIZE=\(StandardFile.side)", "BLOCKYSIZE=\(StandardFile.side)", "INTERLEAVE=PIXEL",
            "PHOTOMETRIC=RGB", "COMPRESS=ZSTD", "PREDICTOR=2", "ZSTD_LEVEL=\(ZstdCompressor.level)", "BIGTIFF=IF_SAFER",
            "NUM_THREADS=ALL_CPUS",
        ] + (alpha ? ["ALPHA=NON-PREMULTIPLIED"] : [])
    }
}
