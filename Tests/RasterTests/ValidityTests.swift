import Failures
import Foundation
import Raster
import Testing

/// Where nothing is, by values: nodata, collars, NaN.
@Suite struct ValidityTests {
    let bench = Workbench()

    @Test func makesDeclaredNodataTransparentOnlyWhereAllBandsHaveIt() throws {
        var maker = RasterMaker(nodata: 0)
        maker.value = { band, x, _ in x < 10 ? 0 : (x < 20 && band == 1 ? 0 : 90) }
        let (report, pixels) = try bench.standardise(maker)
        #expect(report.validity == .declaredNodata && report.nodata == [0, 0, 0])
        #expect(pixels[5, 5] == [0, 0, 0, 0])
        #expect(pixels[15, 5] == [0, 90, 90, 255])
    }

    @Test func readsNaNAndNumericNodataTogether() throws {
        var maker = RasterMaker(type: .float32, nodata: -9999)
        maker.value = { band, x, y in
            x < 10 ? .nan : (x < 20 ? -9999 : (x == 63 ? -3.4e38 : Double(x + y + band) / 200))
        }
        let (report, pixels) = try bench.standardise(maker)
        #expect(report.stretches.allSatisfy { $0.low > 0 && $0.high < 1 })
        #expect(pixels[5, 5][3] == 0 && pixels[15, 5][3] == 0 && pixels[63, 5][3] == 0)
        #expect(pixels[40, 5][3] == 255)
        #expect(abs(pixels.opaqueShare - 43.0 / 64) < 0.001)
    }

    @Test func looksForACollarWhenTheDeclaredNodataIsImpossible() throws {
        var maker = RasterMaker(nodata: -9999)
        maker.value = { band, x, y in x + y < 60 ? 0 : Double(band * 50) }
        #expect(try bench.standardise(maker).report.validity == .detectedCollar)
    }

    @Test(arguments: [0.0, 255.0])
    func makesAnUndeclaredCollarTransparent(collar: Double) throws {
        var maker = RasterMaker()
        maker.value = { band, x, y in x + y < 60 ? collar : Double(band * 50) }
        let (report, pixels) = try bench.standardise(maker)
        #expect(report.validity == .detectedCollar && report.nodata == [collar, collar, collar])
        #expect(pixels[0, 0][3] == 0 && pixels[60, 40][3] == 255)
    }

    @Test func keepsAFlatEdgeThatIsGround() throws {
        var maker = RasterMaker()
        maker.value = { band, x, y in x < 30 || y < 20 ? 37 : Double(band * 50) }
        let (report, _) = try bench.standardise(maker)
        #expect(report.validity == .everywhere)
    }

    @Test func refusesAFileWithoutValidPixels() {
        var maker = RasterMaker(bands: 4, colors: [.red, .green, .blue, .alpha])
        maker.value = { band, _, _ in band == 4 ? 0 : 50 }
        #expect(bench.refusal(maker)?.code == "raster_empty")
        var floats = RasterMaker(type: .float32)
        floats.value = { _, _, _ in .nan }
        #expect(bench.refusal(floats)?.code == "raster_empty")
    }

    @Test(arguments: [-9999.0, 0.5, .nan])
    func looksForACollarWhenSixteenBitsCannotHoldTheNodataValue(nodata: Double) throws {
        var maker = RasterMaker(type: .uint16, nodata: nodata)
        maker.value = { band, x, y in x + y < 60 ? 0 : Double(band * 5000 + x) }
        let (report, pixels) = try bench.standardise(maker)
        #expect(report.validity == .detectedCollar && report.nodata == [0, 0, 0])
        #expect(pixels[0, 0][3] == 0 && pixels[60, 40][3] == 255)
    }

    @Test func readsANodataValueOfSignedBytes() throws {
        var maker = RasterMaker(bands: 1, options: ["PIXELTYPE=SIGNEDBYTE"], nodata: -128)
        maker.value = { _, x, _ in x < 8 ? 128 : (x < 32 ? 226 : 30) }
        let (report, pixels) = try bench.standardise(maker)
        #expect(report.validity == .declaredNodata && report.nodata == [-128])
        #expect(pixels[5, 5] == [0, 0, 0, 0] && pixels[20, 5] == [0, 0, 0, 255] && pixels[60, 5][0] == 255)
    }

    @Test func comparesFractionsAsTheSamplesHaveThem() throws {
        var maker = RasterMaker(type: .float32, nodata: 0.1)
        maker.value = { band, x, y in x < 32 ? 0.1 : Double(x + y + band) / 50 }
        let (report, pixels) = try bench.standardise(maker)
        #expect(pixels[5, 5] == [0, 0, 0, 0] && pixels[40, 5][3] == 255)
        // The value for nothing would be the darkest of all.
        #expect(report.stretches.allSatisfy { $0.low > 0.6 })
    }

    @Test(arguments: [
        (PixelType.float32, -10_000.0), (.float32, -99_999), (.int32, -2_147_483_648), (.uint32, 4_294_967_295),
    ])
    func knowsWhatProgramsWriteForNothing(type: PixelType, value: Double) throws {
        var maker = RasterMaker(type: type)
        maker.value = { band, x, y in x + y < 60 ? value : Double(band * 50 + x + y) }
        let (report, pixels) = try bench.standardise(maker)
        #expect(report.validity == .detectedCollar)
        #expect(pixels[0, 0][3] == 0 && pixels[60, 40][3] == 255)
    }

    @Test func takesTheLargestValueOfTwelveBitsForNothing() throws {
        var maker = RasterMaker(type: .uint16, options: ["NBITS=12"])
        maker.value = { band, x, y in x + y < 60 ? 4095 : Double(band * 500 + x + y) }
        #expect(try bench.standardise(maker).report.nodata == [4095, 4095, 4095])
    }
}
