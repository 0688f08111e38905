import Failures

/// What making a cloud-optimised GeoTIFF found and did.
public struct COGReport: Codable, Equatable, Sendable {
    public var width: Int
    public var height: Int
    /// Sizes of the overviews, largest first.
    public var overviews: [RasterBand.OverviewSize]
    /// What a validator would say; empty for every file that we make.
    public var errors: [String]
    public var warnings: [String]
    /// What was done first because the input was not standard; nil when it was.
    public var standardised: StandardiseReport?
}

extension Orthophoto {
    /// Makes the file that the map reads tiles from: Web Mercator on the grid of Google's tiles, JPEG of quality
    /// 95 with an internal mask, overviews, cloud-optimised layout.
    /// - Parameters:
    ///   - input: a standardised orthophoto; any other GeoTIFF is standardised first, beside the output.
    ///   - output: appears only when it is whole and its layout was checked.
    @discardableResult
    public static func makeCOG(
        _ input: String, to output: String, limits: RasterLimits = RasterLimits(),
        progress: @escaping (Double) -> Void = { _ in }
    ) throws -> COGReport {
        if try isStandard(input, limits) {
            return try writeCOG(input, output, progress)
        }
        return try WholeFile.scratch(beside: output) { scratch in
            let standardised = try standardise(input, to: scratch, limits: limits) { progress($0 * 0.3) }
            var report = try writeCOG(scratch, output) { progress(0.3 + $0 * 0.7) }
            report.standardised = standardised
            return report
        }
    }

    private static func isStandard(_ input: String, _ limits: RasterLimits) throws -> Bool {
        var source = try RasterSource(opening: input, limits: limits)
        let place = try Georeference.read(source.raster)
        return StandardProfile.deviations(source, place, try source.settle()).isEmpty
    }

    private static func writeCOG(
        _ input: String, _ output: String, _ progress: @escaping (Double) -> Void
    ) throws -> COGReport {
        let source = try RasterDataset(opening: input, options: ["NUM_THREADS=ALL_CPUS"])
        let sourceName = source.name
        let mask = source.bandCount == 4 ? ["-mask", "4"] : []
        let arguments = ["-of", "COG", "-b", "1", "-b", "2", "-b", "3"] + mask + cogOptions.flatMap { ["-co", $0] }
        return try WholeFile.create(output) { part in
            try source.translate(
                to: part, arguments: arguments, failure: { .cogNotMade(sourceName, detail: $0) }, progress: progress)
            return try check(part, sourceName)
        }
    }

    /// As the platform has always made them; resampling is the driver's default (cubic).
    /// Source: https://gdal.org/drivers/raster/cog.html
    private static let cogOptions = [
        "COMPRESS=JPEG", "QUALITY=95", "OVERVIEW_COMPRESS=JPEG", "OVERVIEW_QUALITY=95",
        "TILING_SCHEME=GoogleMapsCompatible", "BIGTIFF=YES", "NUM_THREADS=ALL_CPUS",
    ]

    private static func check(_ path: String, _ name: String) throws -> COGReport {
        let made = try RasterDataset(opening: path)
        let verdict = COGLayout(of: made).verdict()
        guard verdict.errors.isEmpty else {
            throw Failure.cogNotMade(name, detail: verdict.errors.joined(separator: "; "))
        }
        return COGReport(
            width: made.width, height: made.height, overviews: made.band(1).overviews, errors: verdict.errors,
            warnings: verdict.warnings)
    }
}
