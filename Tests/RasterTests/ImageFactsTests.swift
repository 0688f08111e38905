import Foundation
import Raster
import Testing

@Suite struct ImageFactsTests {
    let folder = TemporaryFolder()

    private func facts(_ maker: RasterMaker) throws -> ImageFacts {
        let input = try maker.make(folder.file("\(UUID().uuidString).tif"))
        let facts = try Orthophoto.standardise(input, to: folder.file("out.tif")).image
        return try #require(facts)
    }

    /// Ten metres on the ground, whatever the system's units are.
    @Test(arguments: [
        // UTM's scale in the middle of a zone is 0.9996; Web Mercator stretches by 1 / cos 47.85.
        (32632, 500_000.0, 5_300_000.0, 0.1, 10.004), (3857, 1_001_875, 6_093_220, 0.1, 6.73),
        (4326, 9, 47.85, 0.000_001, 9.30),
    ])
    func measuresOnTheGround(epsg: Int, x: Double, y: Double, pixel: Double, gsd: Double) throws {
        var maker = RasterMaker(width: 200, height: 100, epsg: epsg)
        maker.transform = GeoTransform(originX: x, originY: y, pixelWidth: pixel, pixelHeight: pixel)
        let found = try facts(maker)
        #expect(abs(found.gsdCm - gsd) < gsd * 0.005)
        #expect(found.validShare == 1)
        if epsg == 32632 { #expect(abs(found.areaHa - 0.02) < 0.0001) }
    }

    @Test(arguments: [true, false])
    func countsWhatIsValidAlsoOfAFileThatIsCopied(isStandard: Bool) throws {
        var maker = RasterMaker(width: 600, height: 600, bands: 4, colors: [.red, .green, .blue, .alpha])
        if isStandard { maker.options = ["TILED=YES", "COMPRESS=DEFLATE", "INTERLEAVE=PIXEL"] }
        maker.value = { band, x, _ in band == 4 ? (x < 150 ? 0 : 255) : Double(band * 50) }
        let found = try facts(maker)
        #expect(abs(found.validShare - 0.75) < 1e-9)
        #expect(abs(found.areaHa - 0.36 * 0.75) < 0.001)
    }

    @Test func tellsABlurredPictureFromASharpOne() throws {
        var sharp = RasterMaker(width: 900, height: 900), blurred = sharp
        sharp.value = { _, x, y in Double((x * 7 + y * 13) % 60 + 60) }
        blurred.value = { _, x, y in 100 + sin(Double(x) / 20) * 30 + cos(Double(y) / 25) * 30 }
        let (high, low) = (try facts(sharp).sharpness, try facts(blurred).sharpness)
        #expect(try #require(high) > 20 && #require(low) < 3)
    }
}
