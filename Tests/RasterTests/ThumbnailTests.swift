import Failures
import Foundation
import Raster
import Testing

@Suite struct ThumbnailTests {
    let folder = TemporaryFolder()

    private func thumbnail(
        _ maker: RasterMaker, _ change: (borrowing RasterDataset) throws -> Void = { _ in }
    ) throws -> Pixels {
        let input = try maker.make(folder.file("in.tif"), change), output = folder.file("t.jpg")
        try Orthophoto.makeThumbnail(input, to: output)
        #expect(folder.names.sorted() == ["in.tif", "t.jpg"])
        return try Pixels(of: output, drivers: ["JPEG"])
    }

    private func isClose(_ a: [UInt8], _ b: [Int]) -> Bool { zip(a, b).allSatisfy { abs(Int($0) - $1) < 8 } }

    @Test func keepsTheAspectCentredOnWhite() throws {
        var maker = RasterMaker(width: 600, height: 300)
        maker.value = { band, _, _ in Double(band * 50) }
        let picture = try thumbnail(maker)
        #expect(picture.width == 256 && picture.height == 256 && picture.bands == 3)
        #expect(isClose(picture[128, 128], [50, 100, 150]))
        #expect(isClose(picture[128, 20], [255, 255, 255]) && isClose(picture[128, 235], [255, 255, 255]))
        #expect(isClose(picture[128, 80], [50, 100, 150]))
    }

    @Test func showsTransparentPixelsWhite() throws {
        var maker = RasterMaker(width: 300, height: 300, bands: 4, colors: [.red, .green, .blue, .alpha])
        maker.value = { band, x, _ in band == 4 ? (x < 150 ? 0 : 255) : 40 }
        let picture = try thumbnail(maker)
        #expect(isClose(picture[40, 128], [255, 255, 255]) && isClose(picture[200, 128], [40, 40, 40]))
    }

    @Test(arguments: [1, 2])
    func drawsFewerBands(bands: Int) throws {
        var maker = RasterMaker(width: 300, height: 300, bands: bands)
        maker.value = { band, _, _ in Double(band * 70) }
        #expect(isClose(try thumbnail(maker)[128, 128], bands == 1 ? [70, 70, 70] : [70, 140, 70]))
    }

    @Test func stretchesOddTypes() throws {
        var maker = RasterMaker(width: 300, height: 300, bands: 1, type: .float32, nodata: -9999)
        maker.value = { _, x, _ in x < 50 ? -9999 : Double(x) / 1000 }
        let picture = try thumbnail(maker)
        #expect(isClose(picture[10, 128], [255, 255, 255]))
        #expect(picture[60, 128][0] < 40 && picture[250, 128][0] > 220)
    }

    @Test func usesAMask() throws {
        let maker = RasterMaker(width: 300, height: 300)
        let picture = try thumbnail(maker) { raster in
            try raster.createMask()
            try raster.writeMask((0..<90_000).map { $0 % 300 < 150 ? 0 : 255 }, to: raster.window)
        }
        #expect(isClose(picture[40, 128], [255, 255, 255]))
        #expect(!isClose(picture[200, 128], [255, 255, 255]))
    }

    @Test func readsAnOverviewInsteadOfTheFullImage() throws {
        var maker = RasterMaker(width: 2048, height: 2048, options: ["TILED=YES"])
        maker.value = { _, _, _ in 30 }
        let picture = try thumbnail(maker) { raster in
            try raster.buildOverviews([2, 4, 8])
            // What only the full image holds must not be seen.
            try raster.write([UInt8](repeating: 220, count: 2048 * 2048 * 3), to: raster.window)
        }
        #expect(isClose(picture[128, 128], [30, 30, 30]))
    }

    /// As large as its content: neither padded nor enlarged.
    @Test(arguments: [(4000, 2000, 1024, 512), (600, 300, 600, 300)])
    func makesALargerPreview(width: Int, height: Int, columns: Int, rows: Int) throws {
        var maker = RasterMaker(width: width, height: height, bands: 4, colors: [.red, .green, .blue, .alpha])
        maker.value = { band, x, _ in band == 4 ? (x < width / 2 ? 0 : 255) : 80 }
        let (small, large) = (folder.file("t.jpg"), folder.file("p.jpg"))
        try Orthophoto.makeThumbnail(try maker.make(folder.file("in.tif")), to: small, preview: large)
        let picture = try Pixels(of: large, drivers: ["JPEG"]), thumbnail = try Pixels(of: small, drivers: ["JPEG"])
        #expect(picture.width == columns && picture.height == rows)
        #expect(thumbnail.width == 256 && thumbnail.height == 256)
        #expect(isClose(picture[columns / 4, rows / 2], [255, 255, 255]))
        #expect(isClose(picture[columns * 3 / 4, rows / 2], [80, 80, 80]))
    }

    @Test func enlargesASinglePixel() throws {
        var maker = RasterMaker(width: 1, height: 1)
        maker.value = { _, _, _ in 90 }
        #expect(isClose(try thumbnail(maker)[0, 255], [90, 90, 90]))
    }
}
