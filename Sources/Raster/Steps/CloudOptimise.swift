import Failures
import Foundation

/// What making a cloud-optimised GeoTIFF found and did.
public struct COGReport: Codable, Equatable, Sendable {
    public enum Method: String, Codable, Sendable {
        /// Our own pass over the pixels.
        case pyramid
        /// GDAL's COG driver, for what that pass does not cover.
        case driver
    }

    public var width: Int
    public var height: Int
    /// Sizes of the overviews, largest first.
    public var overviews: [RasterBand.OverviewSize]
    public var method: Method
    /// What a validator would say; empty for every file that we make.
    public var errors: [String]
    public var warnings: [String]
    /// What the input would have needed to be standard, and how it was read; nil when it was.
    public var standardised: StandardiseReport?
}

extension Orthophoto {
    /// Makes the file that the map reads tiles from: Web Mercator on the grid of Google's tiles, JPEG of quality
    /// 95 with an internal mask, overviews, cloud-optimised layout.
    /// - Parameters:
    ///   - input: an orthophoto, standardised or not.
    ///   - output: appears only when it is whole and its layout was checked.
    ///   - progress: 0…1, monotone, on the calling thread.
    @discardableResult
    public static func makeCOG(
        _ input: String, to output: String, limits: RasterLimits = RasterLimits(),
        progress: @escaping (Double) -> Void = { _ in }
    ) throws -> COGReport {
        var source = try RasterSource(opening: input, limits: limits)
        let place = try Georeference.read(source.raster)
        try place.checkOnWebMap(width: source.raster.width, height: source.raster.height, source.raster.name)
        let found = StandardiseReport(source, place, try source.settle())
        let isStandard = found.deviations.isEmpty
        if isStandard || source.isCheapToCut, case .northUp(let transform) = place.placement,
            var report = try makePyramid(source, place.crs, transform, output, progress)
        {
            report.standardised = isStandard ? nil : found
            return report
        }
        if isStandard { return try translate(input, output, progress) }
        return try WholeFile.scratch(beside: output) { scratch in
            let standardised = try standardise(input, to: scratch, limits: limits) { progress($0 * 0.4) }
            var report = try makeCOG(scratch, to: output, limits: limits) { progress(0.4 + $0 * 0.6) }
            report.standardised = standardised
            return report
        }
    }

    /// - Returns: nil for what our own pass does not cover.
    private static func makePyramid(
        _ source: borrowing RasterSource, _ crs: borrowing CoordinateSystem, _ transform: GeoTransform,
        _ output: String, _ progress: (Double) -> Void
    ) throws -> COGReport? {
        guard let place = source.raster.suggestedSize(inEPSG: 3857),
            let plan = try PyramidPlan(for: place, through: { try SourceMap(from: $0, to: crs, transform) })
        else { return nil }
        return try WholeFile.create(output) { part in
            let store = try TileStore(plan.grid, scratch: "\(part)-tiles")
            let pass = PyramidPass(plan: plan, store: store)
            guard try pass.run({ try RasterReader(source, crs, transform, plan.grid) }, progress) else {
                throw Failure.rasterAllInvalid(source.raster.name)
            }
            try COGFile(grid: plan.grid, beside: part).write(store, to: part)
            return try check(part, source.raster.name, .pyramid)
        }
    }

    private static func translate(
        _ input: String, _ output: String, _ progress: @escaping (Double) -> Void
    ) throws -> COGReport {
        let source = try RasterDataset(opening: input, options: ["NUM_THREADS=ALL_CPUS"])
        let sourceName = source.name
        let mask = source.bandCount == 4 ? ["-mask", "4"] : []
        let arguments = ["-of", "COG", "-b", "1", "-b", "2", "-b", "3"] + mask + cogOptions.flatMap { ["-co", $0] }
        return try WholeFile.create(output) { part in
            try source.translate(
                to: part, arguments: arguments, failure: { .cogNotMade(sourceName, detail: $0) }, progress: progress)
            return try check(part, sourceName, .driver)
        }
    }

    /// Source: https://gdal.org/drivers/raster/cog.html
    private static let cogOptions = [
        "COMPRESS=JPEG", "QUALITY=\(PyramidPass.quality)", "OVERVIEW_COMPRESS=JPEG",
        "OVERVIEW_QUALITY=\(PyramidPass.quality)", "TILING_SCHEME=GoogleMapsCompatible", "BIGTIFF=YES",
        "NUM_THREADS=ALL_CPUS",
    ]

    private static func check(_ path: String, _ name: String, _ method: COGReport.Method) throws -> COGReport {
        let made = try RasterDataset(opening: path)
        let verdict = COGLayout(of: made).verdict()
        guard verdict.errors.isEmpty else {
            throw Failure.cogNotMade(name, detail: verdict.errors.joined(separator: "; "))
        }
        return COGReport(
            width: made.width, height: made.height, overviews: made.band(1).overviews, method: method,
            errors: verdict.errors, warnings: verdict.warnings)
    }
}
