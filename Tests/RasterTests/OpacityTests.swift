import Failures
import Foundation
import Raster
import Testing

/// Where nothing is, by bands and masks.
@Suite struct OpacityTests {
    let bench = Workbench()

    @Test func treatsWideAlphaAsOnOrOff() throws {
        var maker = RasterMaker(bands: 4, type: .uint16, colors: [.red, .green, .blue, .alpha])
        maker.value = { band, x, y in band == 4 ? (x < 16 ? 0 : 65_535) : Double(500 + x * 10 + y) }
        let (report, pixels) = try bench.standardise(maker)
        #expect(report.validity == .alphaBand)
        #expect(pixels[3, 3] == [0, 0, 0, 0] && pixels[40, 3][3] == 255)
    }

    @Test func findsAnAlphaBandThatNobodyMarked() throws {
        var maker = RasterMaker(bands: 4, options: ["PHOTOMETRIC=RGB", "ALPHA=NO"], colors: [.red, .green, .blue])
        maker.value = { band, x, _ in band == 4 ? (x < 16 ? 0 : 255) : 120 }
        let (report, pixels) = try bench.standardise(maker)
        #expect(report.validity == .unmarkedAlphaBand || report.validity == .alphaBand)
        #expect(pixels[3, 3] == [0, 0, 0, 0] && pixels[40, 3] == [120, 120, 120, 255])
    }

    @Test func usesAnInternalMask() throws {
        let maker = RasterMaker()
        let (report, pixels) = try bench.standardise(maker) { raster in
            try raster.createMask()
            let mask = (0..<maker.width * maker.height).map { UInt8($0 % maker.width < 20 ? 0 : 255) }
            try raster.writeMask(mask, to: raster.window)
        }
        #expect(report.validity == .mask)
        #expect(pixels[5, 5] == [0, 0, 0, 0] && pixels[25, 5][3] == 255)
    }

    @Test func usesAMaskBesideTheFile() throws {
        let maker = RasterMaker()
        let input = try maker.make(bench.folder.file("in.tif"))
        var mask = RasterMaker(bands: 1, epsg: nil, transform: nil)
        mask.value = { _, x, _ in x < 20 ? 0 : 255 }
        try mask.make(input + ".msk") { raster in
            // Source: https://gdal.org/development/rfc/rfc15_nodatabitmask.html
            for band in 1...3 { try raster.setMetadata("INTERNAL_MASK_FLAGS_\(band)", "2") }
        }
        let report = try Orthophoto.standardise(input, to: bench.folder.file("out.tif"))
        let pixels = try Pixels(of: bench.folder.file("out.tif"))
        #expect(report.validity == .mask)
        #expect(pixels[5, 5] == [0, 0, 0, 0] && pixels[25, 5][3] == 255)
    }

    @Test(arguments: [2, 5]) func findsAnUnmarkedAlphaBandAmongTwoAndFive(bands: Int) throws {
        var maker = RasterMaker(
            bands: bands, options: ["ALPHA=NO", bands == 2 ? "PHOTOMETRIC=MINISBLACK" : "PHOTOMETRIC=RGB"])
        maker.value = { band, x, _ in band == bands ? (x < 16 ? 0 : 255) : Double(band * 40) }
        let (report, pixels) = try bench.standardise(maker)
        #expect(report.validity == .unmarkedAlphaBand)
        #expect(pixels[3, 3] == [0, 0, 0, 0])
        #expect(pixels[40, 3] == (bands == 2 ? [40, 40, 40, 255] : [40, 80, 120, 255]))
    }

    @Test func takesTwoBandsForColoursWhenTheSecondIsMoreThanOnAndOff() throws {
        var maker = RasterMaker(bands: 2)
        maker.value = { band, x, _ in band == 2 ? (x < 16 ? 0 : 254) : 40 }
        #expect(try bench.standardise(maker).pixels[40, 3] == [40, 254, 40])
    }

    @Test func readsOpacityOfZeroAndOne() throws {
        var maker = RasterMaker(
            bands: 4, options: ["TILED=YES", "COMPRESS=DEFLATE", "INTERLEAVE=PIXEL", "PHOTOMETRIC=RGB", "ALPHA=YES"])
        maker.value = { band, x, _ in band == 4 ? (x < 16 ? 0 : 1) : 100 }
        let (report, pixels) = try bench.standardise(maker)
        #expect(report.deviations == ["opacity of 0 and 1"])
        #expect(pixels[3, 3] == [0, 0, 0, 0] && pixels[40, 3] == [100, 100, 100, 255])
    }

    @Test func keepsSoftOpacity() throws {
        var maker = RasterMaker(bands: 4, options: ["PHOTOMETRIC=RGB", "ALPHA=YES"])
        maker.value = { band, x, _ in band == 4 ? Double(x) : 100 }
        #expect(try bench.standardise(maker).pixels[40, 3] == [100, 100, 100, 40])
    }
}
