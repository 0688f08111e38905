import Failures
import Foundation
import TestSupport
import Testing

@testable import Raster

/// Our own pass over the pixels beside what GDAL makes of the same file.
@Suite struct PyramidTests {
    let folder = TemporaryFolder()

    /// A picture with soft and sharp details and a slanted edge to nothing.
    private func picture(_ width: Int, _ height: Int) -> RasterMaker {
        var maker = RasterMaker(
            width: width, height: height, bands: 4, options: ["TILED=YES"], colors: [.red, .green, .blue, .alpha])
        maker.value = { band, x, y in
            if band == 4 { return x + y / 3 < 130 || (x / 40 + y / 40) % 9 == 4 ? 0 : 255 }
            let wave = sin(Double(x) / 9 + Double(band)) * 50 + cos(Double(y) / 13) * 40
            return 120 + wave + Double((x * 7 + y * 13) % 23)
        }
        return maker
    }

    private func gdal(_ program: String, _ arguments: [String]) async throws {
        let end = try await runProgram("/usr/bin/env", [program, "-q"] + arguments)
        try #require(end.status == 0, "\(program): \(end.output)")
    }

    /// What GDAL's COG driver makes with the options that are the platform's.
    private func driverCOG(_ input: String) async throws -> String {
        let path = folder.file("driver.tif")
        try await gdal(
            "gdal_translate",
            [
                "-of", "COG", "-b", "1", "-b", "2", "-b", "3", "-mask", "4", "-co", "COMPRESS=JPEG", "-co",
                "QUALITY=95",
                "-co", "OVERVIEW_COMPRESS=JPEG", "-co", "OVERVIEW_QUALITY=95", "-co",
                "TILING_SCHEME=GoogleMapsCompatible", "--config", "GDAL_TIFF_INTERNAL_MASK", "YES", input, path,
            ])
        return path
    }

    @Test func isAsCloseToTheLosslessPictureAsGDALsOwn() async throws {
        let input = try picture(1500, 1100).make(folder.file("in.tif")), path = folder.file("cog.tif")
        let report = try Orthophoto.makeCOG(input, to: path)
        #expect(report.method == .pyramid)
        let ours = try MaskedPixels(path), theirs = try MaskedPixels(try await driverCOG(input))
        let lossless = folder.file("lossless.tif"), box = ours.bounds
        try await gdal(
            "gdalwarp",
            [
                "-t_srs", "EPSG:3857", "-r", "cubic", "-et", "0", "-ts", "\(ours.width)", "\(ours.height)", "-te",
                "\(box.west)", "\(box.south)", "\(box.east)", "\(box.north)", input, lossless,
            ])
        let truth = try Pixels(of: lossless)
        #expect(ours.psnr(truth) > theirs.psnr(truth) - 0.05)
        #expect(ours.psnr(truth) > 33)
        #expect(ours.maskErrorsBeyondOnePixel(truth) == 0)
    }

    @Test(arguments: [
        ("utm-north", 32632, 500_000.0, 5_300_000.0, 0.1), ("utm-south", 32719, 400_000, 7_600_000, 0.07),
        ("wide-of-the-meridian", 32632, 240_000, 6_800_000, 0.05), ("degrees", 4326, 24.5, 60.1, 0.000_001),
        ("web-mercator", 3857, 1_200_000, 6_000_000, 0.2), ("lambert", 2154, 700_000, 6_600_000, 0.3),
    ])
    func liesOnTheSameGridAsGDALs(
        name: String, epsg: Int, x: Double, y: Double, pixel: Double
    ) async throws {
        var maker = picture(700, 500)
        maker.epsg = epsg
        maker.transform = GeoTransform(originX: x, originY: y, pixelWidth: pixel, pixelHeight: pixel)
        let input = try maker.make(folder.file("in.tif")), path = folder.file("cog.tif")
        let report = try Orthophoto.makeCOG(input, to: path)
        #expect(report.method == .pyramid)
        let ours = try RasterDataset(opening: path)
        let theirs = try RasterDataset(opening: try await driverCOG(input))
        let (a, b) = (ours.geoTransform, theirs.geoTransform)
        let (origin, wanted) = (try #require(a), try #require(b))
        #expect(abs(origin.originX - wanted.originX) < 1e-6 && abs(origin.originY - wanted.originY) < 1e-6)
        #expect(abs(origin.columnX - wanted.columnX) < 1e-9)
        let (size, wantedSize) = ([ours.width, ours.height], [theirs.width, theirs.height])
        let (overviews, wantedOverviews) = (ours.band(1).overviews, theirs.band(1).overviews)
        #expect(size == wantedSize && overviews == wantedOverviews)
        let (scheme, epsgMade) = (ours.metadata(domain: "TILING_SCHEME").count, ours.crs?.epsg)
        #expect(scheme == 2 && epsgMade == 3857)
    }

    /// Patches have 2048 pixels; a seam would be a step in what is a smooth slope.
    @Test func hasNoSeamsAtAnyLevel() throws {
        var maker = RasterMaker(width: 4400, height: 300, options: ["TILED=YES"])
        maker.value = { _, x, _ in Double(x) / 4400 * 250 }
        let path = folder.file("cog.tif")
        try Orthophoto.makeCOG(try maker.make(folder.file("in.tif")), to: path)
        let levels = try RasterDataset(opening: path).band(1).overviews.count
        for level in -1..<levels {
            let options = level < 0 ? [] : ["OVERVIEW_LEVEL=\(level)"]
            let image = try RasterDataset(opening: path, options: options)
            let row = try image.read(PixelWindow(x: 0, y: image.height / 2, width: image.width, height: 1))
            let mask = try image.readMask(
                band: 1, PixelWindow(x: 0, y: image.height / 2, width: image.width, height: 1))
            let reds = (0..<image.width).filter { mask[$0] > 0 }.map { Int(row[$0 * 3]) }
            let slope = Double(reds.count) > 0 ? 250 / Double(reds.count) : 0
            #expect(reds.count > 10)
            // The last pixels before an edge hold what JPEG makes of it.
            for (left, right) in zip(reds.dropLast(), reds.dropFirst()) {
                #expect(abs(Double(right - left) - slope) < 4, "level \(level)")
            }
        }
    }

    @Test func everyOverviewIsTheMeanOfTheLevelBelow() throws {
        let input = try picture(1500, 1100).make(folder.file("in.tif")), path = folder.file("cog.tif")
        let report = try Orthophoto.makeCOG(input, to: path)
        for level in -1..<report.overviews.count - 1 {
            let full = try MaskedPixels(path, overview: level), half = try MaskedPixels(path, overview: level + 1)
            var errors = 0.0, count = 0
            for y in 0..<full.height / 2 {
                for x in 0..<full.width / 2 {
                    let four = [(0, 0), (1, 0), (0, 1), (1, 1)].map { (x * 2 + $0.0, y * 2 + $0.1) }
                    let valid = four.filter { full.isValid($0.0, $0.1) }
                    #expect(half.isValid(x, y) == !valid.isEmpty)
                    guard valid.count == 4 else { continue }
                    let mean = valid.map { Double(full[$0.0, $0.1][1]) }.reduce(0, +) / 4
                    errors += pow(mean - Double(half[x, y][1]), 2)
                    count += 1
                }
            }
            // What two JPEGs of quality 95 may differ by.
            if count > 1000 { #expect((errors / Double(count)).squareRoot() < 4, "level \(level)") }
        }
    }

    @Test func everyTileIsFramedAsTheFileSays() throws {
        let input = try picture(900, 700).make(folder.file("in.tif")), path = folder.file("cog.tif")
        try Orthophoto.makeCOG(input, to: path)
        let bytes = try Array(Data(contentsOf: URL(fileURLWithPath: path)))
        let cog = try RasterDataset(opening: path), tiles = ((cog.width + 255) / 256, (cog.height + 255) / 256)
        var lastEnd = 0
        for y in 0..<tiles.1 {
            for x in 0..<tiles.0 {
                func number(_ key: String) throws -> Int {
                    let text = cog.metadataItem("\(key)_\(x)_\(y)", band: 1, domain: "TIFF")
                    return try #require(text.flatMap { Int($0) })
                }
                let offset = try number("BLOCK_OFFSET"), end = try offset + number("BLOCK_SIZE")
                let leader = bytes[offset - 4..<offset].reversed().reduce(0) { $0 << 8 | Int($1) }
                #expect(leader == end - offset)
                #expect(bytes[end..<end + 4] == bytes[end - 4..<end])
                #expect(offset > lastEnd, "row by row")
                lastEnd = end
            }
        }
    }

    @Test func givesWhatItDoesNotCoverToGDAL() throws {
        // Pixels twenty times as wide as high.
        var maker = picture(300, 300)
        maker.transform = GeoTransform(originX: 500_000, originY: 5_300_000, pixelWidth: 1, pixelHeight: 0.05)
        let report = try Orthophoto.makeCOG(try maker.make(folder.file("in.tif")), to: folder.file("cog.tif"))
        #expect(report.method == .driver)
    }

    @Test func anEmptyRasterIsRefused() throws {
        var maker = picture(300, 300)
        maker.value = { _, _, _ in 0 }
        let failure = #expect(throws: Failure.self) {
            try Orthophoto.makeCOG(try maker.make(folder.file("in.tif")), to: folder.file("cog.tif"))
        }
        #expect(failure?.code == "raster_empty")
        #expect(folder.names == ["in.tif"])
    }
}
