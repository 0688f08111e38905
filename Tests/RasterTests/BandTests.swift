import Failures
import Foundation
import Raster
import Testing

/// Sample types, band order and palettes.
@Suite struct BandTests {
    let bench = Workbench()

    @Test func repeatsOneBandAndPadsTwo() throws {
        let one = RasterMaker(bands: 1)
        let gray = try bench.standardise(one).pixels
        #expect(gray[5, 5] == Array(repeating: UInt8(one.value(1, 5, 5)), count: 3))
        let two = try bench.standardise(RasterMaker(bands: 2)).pixels
        #expect(two[5, 5] == [1, 2, 1].map { UInt8(one.value($0, 5, 5)) })
    }

    @Test func takesTheFirstThreeOfTwentyBands() throws {
        let maker = RasterMaker(bands: 20)
        let (report, pixels) = try bench.standardise(maker)
        #expect(report.colorBands == [1, 2, 3] && report.sourceBands == 20)
        #expect(pixels[9, 9] == (1...3).map { UInt8(maker.value($0, 9, 9)) })
    }

    @Test func ordersBandsByTheirNames() throws {
        var maker = RasterMaker(bands: 4, colors: [.blue, .green, .red, .alpha])
        maker.value = { band, x, _ in band == 4 ? (x < 8 ? 0 : 255) : Double(band * 10) }
        let (report, pixels) = try bench.standardise(maker)
        #expect(report.colorBands == [3, 2, 1] && report.validity == .alphaBand)
        #expect(pixels[20, 20] == [30, 20, 10, 255])
        #expect(pixels[3, 3] == [0, 0, 0, 0])
    }

    @Test func expandsAPalette() throws {
        var maker = RasterMaker(bands: 1)
        maker.value = { _, x, _ in Double(x % 3) }
        let (_, pixels) = try bench.standardise(maker) { raster in
            try raster.setPalette([[10, 20, 30, 255], [40, 50, 60, 255], [70, 80, 90, 255]], band: 1)
        }
        #expect(pixels[0, 0].prefix(3) == [10, 20, 30])
        #expect(pixels[2, 0].prefix(3) == [70, 80, 90])
    }

    @Test func readsSignedBytes() throws {
        var maker = RasterMaker(bands: 1, options: ["PIXELTYPE=SIGNEDBYTE"])
        maker.value = { _, x, _ in x < 32 ? 226 : 30 }
        let pixels = try bench.standardise(maker).pixels
        #expect(pixels[5, 5][0] == 0 && pixels[60, 5][0] == 255)
    }

    @Test func stretchesSixteenBitByPercentilesOfTheWholeImage() throws {
        var maker = RasterMaker(width: 3000, height: 200, bands: 3, type: .uint16)
        // The middle is flat: a stretch from the middle alone would be blind to the rest.
        maker.value = { _, x, _ in x > 600 && x < 2400 ? 5000 : Double(1000 + x * 3) }
        let (report, pixels) = try bench.standardise(maker)
        let stretch = try #require(report.stretches.first)
        #expect(stretch.low < 1400 && stretch.high > 9500)
        #expect(pixels[0, 0][0] == 0 && pixels[2999, 0][0] == 255)
    }

    @Test func refusesComplexNumbersAndTooManyBands() {
        #expect(bench.refusal(RasterMaker(bands: 1, type: .complexFloat32))?.code == "raster_type_unsupported")
        #expect(bench.refusal(RasterMaker(width: 4, height: 4, bands: 65))?.code == "raster_too_many_bands")
    }

    @Test func ordersBandsByTheirDescriptionsWhereNoColoursAreNamed() throws {
        let maker = RasterMaker(bands: 5, options: ["PHOTOMETRIC=MINISBLACK"])
        let (report, pixels) = try bench.standardise(maker) { raster in
            for (index, name) in ["Blue", "Green", "Red", "Red edge", "NIR"].enumerated() {
                try raster.setDescription(name, band: index + 1)
            }
        }
        #expect(report.colorBands == [3, 2, 1])
        #expect(pixels[9, 9] == [3, 2, 1].map { UInt8(maker.value($0, 9, 9)) })
    }

    @Test(arguments: [2, 4]) func spreadsFewBitsOverTheWholeRange(bits: Int) throws {
        var maker = RasterMaker(options: ["NBITS=\(bits)", "PHOTOMETRIC=RGB"])
        let largest = Double(1 << bits) - 1
        maker.value = { band, x, _ in x < 32 ? 1 : (band == 3 ? 0 : largest) }
        let (report, pixels) = try bench.standardise(maker)
        #expect(report.deviations.contains("less than 8 bits a sample"))
        #expect(pixels[5, 5] == Array(repeating: UInt8(255 / largest), count: 3))
        #expect(pixels[40, 5] == [255, 255, 0])
    }

    @Test func showsOneBitAsBlackAndWhite() throws {
        var maker = RasterMaker(bands: 1, options: ["NBITS=1"])
        maker.value = { _, x, y in (x + y) % 7 == 0 ? 0 : 1 }
        let pixels = try bench.standardise(maker).pixels
        #expect(pixels[7, 7] == [0, 0, 0] && pixels[8, 7] == [255, 255, 255])
    }

    @Test(arguments: [PixelType.uint32, .int32, .uint64, .int64, .float64])
    func stretchesWideTypes(type: PixelType) throws {
        var maker = RasterMaker(type: type)
        maker.value = { _, x, y in Double(x + y) * 1e6 + 5 }
        let (report, pixels) = try bench.standardise(maker)
        #expect(report.stretches.allSatisfy { $0.low > 0 && $0.high < 1.11e8 })
        #expect(pixels[0, 0].prefix(3) == [0, 0, 0] && pixels[63, 47].prefix(3) == [255, 255, 255])
    }

    @Test func showsWhatLittleDiffersInAFlatImage() throws {
        var maker = RasterMaker(type: .uint16)
        maker.value = { _, x, y in x == 30 && y == 20 ? 900 : 500 }
        let pixels = try bench.standardise(maker).pixels
        #expect(pixels[0, 0] == [0, 0, 0] && pixels[30, 20] == [255, 255, 255])
    }

    @Test func stretchesByAFinerGridWhereTheCoarseOneMeetsNothing() throws {
        var maker = RasterMaker(width: 2400, height: 2400, bands: 1, type: .uint16, options: ["TILED=YES"], nodata: 0)
        // Between the windows of the coarse grid, but for one pixel of another brightness in a corner.
        maker.value = { _, x, y in
            (1570..<1640).contains(x) && (1570..<1640).contains(y) ? Double(1000 + x) : (x + y == 0 ? 60_000 : 0)
        }
        let report = try bench.standardise(maker).report
        let stretch = try #require(report.stretches.first)
        #expect(stretch.low > 2500 && stretch.high < 2700)
    }

    @Test func refusesAPaletteOfSixteenBits() throws {
        let failure = bench.refusal(RasterMaker(bands: 1, type: .uint16)) { raster in
            try raster.setPalette([[10, 20, 30, 255], [40, 50, 60, 255]], band: 1)
        }
        #expect(failure?.code == "raster_palette_unsupported")
        #expect(
            failure?.sentence
                == "in.tif holds numbers of colours in a palette of more than 256; export it with red, green and blue bands"
        )
    }

    @Test(arguments: [PixelType.uint8, .uint16]) func turnsGreyThatCountsFromWhite(type: PixelType) throws {
        var maker = RasterMaker(bands: 1, type: type, options: ["PHOTOMETRIC=MINISWHITE"])
        let largest = type == .uint8 ? 255.0 : 65_535
        maker.value = { _, x, _ in x < 32 ? 1 : largest - 1 }
        let pixels = try bench.standardise(maker).pixels
        #expect(pixels[5, 5][0] > 253 && pixels[60, 5][0] < 2)
    }
}
