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
    ///   - progress: 0…1, monotone, on the calling thread.
    /// - Throws: a `Failure` whose sentence tells the uploader what to do; nothing is left behind.
    @discardableResult
    public static func standardise(
        _ input: String, to output: String, limits: RasterLimits = RasterLimits(),
        progress: @escaping (Double) -> Void = { _ in }
    ) throws -> StandardiseReport {
        var source = try RasterSource(opening: input, limits: limits)
        let place = try Georeference.read(source.raster)
        let findings = try source.settle()
        var report = StandardiseReport(source, place, findings)
        if report.deviations.isEmpty {
            try copyStandard(source, to: output)
            report.alreadyStandard = true
        } else if case .northUp(let transform) = place.placement {
            report.validShare = try WholeFile.create(output) { part in
                try writeStandard(source, place, transform, to: part, progress)
            }
        } else {
            try warpStandard(source, place, to: output, &report, progress)
        }
        progress(1)
        return report
    }

    private static func copyStandard(_ source: borrowing RasterSource, to output: String) throws {
        let name = source.raster.name, path = source.path
        guard source.hasAllBlocks(fileSize: source.fileSize) else {
            throw Failure.rasterDamaged(name, detail: "blocks lie beyond the end of the file")
        }
        guard try source.hasValidPixel() else { throw Failure.rasterAllInvalid(name) }
        try WholeFile.create(output) { part in
            do { try FileManager.default.copyItem(atPath: path, toPath: part) } catch {
                throw Failure.rasterNotWritten(name, detail: "\(error)")
            }
        }
    }

    /// Writes the source's pixels in the standard form, tile row by tile row.
    /// - Returns: the share of valid pixels.
    private static func writeStandard(
        _ source: borrowing RasterSource, _ place: borrowing Georeference, _ transform: GeoTransform?,
        to path: String, _ progress: @escaping (Double) -> Void
    ) throws -> Double {
        let target = try RasterDataset(
            creating: path, width: source.raster.width, height: source.raster.height, bands: source.channelCount,
            options: creationOptions(alpha: source.hasValidity))
        try target.setMetadata(RasterSource.settledKey, "settled")
        if let transform { try target.setGeoTransform(transform) }
        if case .controlPoints(let points) = place.placement, transform == nil {
            try target.setGroundControlPoints(points, crs: place.crs)
        } else {
            try target.setCRS(place.crs)
        }
        let valid = try copyPixels(source, to: target, progress)
        guard valid > 0 else { throw Failure.rasterAllInvalid(source.raster.name) }
        try target.close()
        return Double(valid) / Double(source.raster.width * source.raster.height)
    }

    private static func copyPixels(
        _ source: borrowing RasterSource, to target: borrowing RasterDataset, _ progress: (Double) -> Void
    ) throws -> Int {
        let tiles = source.tiles(), channels = source.channelCount
        var valid = 0
        for (index, window) in tiles.enumerated() {
            let pixels = try source.pixels(window)
            valid += channels == 3 ? window.width * window.height : countOpaque(pixels)
            try target.write(pixels, to: window)
            progress(Double(index + 1) / Double(tiles.count))
        }
        return valid
    }

    private static func countOpaque(_ pixels: [UInt8]) -> Int {
        pixels.withUnsafeBufferPointer { pixels in
            stride(from: 3, to: pixels.count, by: 4).reduce(0) { $0 + (pixels[$1] > 0 ? 1 : 0) }
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

    /// Level 1 of DEFLATE is twice as fast as the default and costs 2 % of size on orthophotos.
    private static func creationOptions(alpha: Bool) -> [String] {
        [
            "TILED=YES", "BLOCKXSIZE=512", "BLOCKYSIZE=512", "INTERLEAVE=PIXEL", "PHOTOMETRIC=RGB",
            "COMPRESS=DEFLATE", "PREDICTOR=2", "ZLEVEL=1", "BIGTIFF=IF_SAFER", "NUM_THREADS=ALL_CPUS",
        ] + (alpha ? ["ALPHA=NON-PREMULTIPLIED"] : [])
    }
}
