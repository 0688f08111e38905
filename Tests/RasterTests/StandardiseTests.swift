import Failures
import Foundation
import Raster
import Testing

@Suite struct StandardiseTests {
    let folder = TemporaryFolder()

    /// Standardises what `maker` makes.
    private func standardise(
        _ maker: RasterMaker, _ change: (borrowing RasterDataset) throws -> Void = { _ in }
    ) throws -> (report: StandardiseReport, pixels: Pixels) {
        let input = try maker.make(folder.file("in.tif"), change)
        let output = folder.file("out.tif")
        let report = try Orthophoto.standardise(input, to: output)
        #expect(try Orthophoto.standardise(output, to: folder.file("again.tif")).alreadyStandard)
        #expect(!folder.names.contains { $0.contains(".part-") || $0.contains(".scratch-") })
        return (report, try Pixels(of: output))
    }

    private func refusal(_ maker: RasterMaker, _ change: (borrowing RasterDataset) throws -> Void = { _ in })
        -> Failure?
    {
        let failure = #expect(throws: Failure.self) { _ = try self.standardise(maker, change) }
        #expect(!folder.names.contains { $0.hasPrefix("out.tif") })
        return failure
    }

    @Test func keepsTheValuesOfPlainRGB() throws {
        let maker = RasterMaker()
        let (report, pixels) = try standardise(maker)
        #expect(report.validity == .everywhere && report.bands == 3 && report.validShare == 1)
        #expect(pixels[10, 7] == (1...3).map { UInt8(maker.value($0, 10, 7)) })
    }

    @Test func recognisesAStandardFileByAllItsProperties() throws {
        var maker = RasterMaker(
            bands: 4, options: ["TILED=YES", "COMPRESS=DEFLATE", "INTERLEAVE=PIXEL", "PHOTOMETRIC=RGB", "ALPHA=YES"])
        maker.value = { band, _, _ in band == 4 ? 255 : 100 }
        let input = try maker.make(folder.file("in.tif"))
        let report = try Orthophoto.standardise(input, to: folder.file("out.tif"))
        #expect(report.alreadyStandard)
        #expect(FileManager.default.contentsEqual(atPath: input, andPath: folder.file("out.tif")))
    }

    @Test(arguments: [
        (["TILED=YES", "INTERLEAVE=PIXEL", "COMPRESS=JPEG"], "lossy compression"),
        (["INTERLEAVE=PIXEL", "BLOCKYSIZE=5"], "not tiled"),
        (["TILED=YES", "INTERLEAVE=BAND"], "band-interleaved"),
    ])
    func rewritesWhatDiffersInOneProperty(options: [String], deviation: String) throws {
        let (report, _) = try standardise(RasterMaker(options: options))
        #expect(report.deviations.contains(deviation))
    }

    @Test func repeatsOneBandAndPadsTwo() throws {
        let one = RasterMaker(bands: 1)
        let gray = try standardise(one).pixels
        #expect(gray[5, 5] == Array(repeating: UInt8(one.value(1, 5, 5)), count: 3))
        let two = try standardise(RasterMaker(bands: 2)).pixels
        #expect(two[5, 5] == [1, 2, 1].map { UInt8(one.value($0, 5, 5)) })
    }

    @Test func takesTheFirstThreeOfTwentyBands() throws {
        let maker = RasterMaker(bands: 20)
        let (report, pixels) = try standardise(maker)
        #expect(report.colorBands == [1, 2, 3] && report.sourceBands == 20)
        #expect(pixels[9, 9] == (1...3).map { UInt8(maker.value($0, 9, 9)) })
    }

    @Test func ordersBandsByTheirNames() throws {
        var maker = RasterMaker(bands: 4, colors: [.blue, .green, .red, .alpha])
        maker.value = { band, x, _ in band == 4 ? (x < 8 ? 0 : 255) : Double(band * 10) }
        let (report, pixels) = try standardise(maker)
        #expect(report.colorBands == [3, 2, 1] && report.validity == .alphaBand)
        #expect(pixels[20, 20] == [30, 20, 10, 255])
        #expect(pixels[3, 3] == [0, 0, 0, 0])
    }

    @Test func expandsAPalette() throws {
        var maker = RasterMaker(bands: 1)
        maker.value = { _, x, _ in Double(x % 3) }
        let (_, pixels) = try standardise(maker) { raster in
            try raster.setPalette([[10, 20, 30, 255], [40, 50, 60, 255], [70, 80, 90, 255]], band: 1)
        }
        #expect(pixels[0, 0].prefix(3) == [10, 20, 30])
        #expect(pixels[2, 0].prefix(3) == [70, 80, 90])
    }

    @Test func makesDeclaredNodataTransparentOnlyWhereAllBandsHaveIt() throws {
        var maker = RasterMaker(nodata: 0)
        maker.value = { band, x, _ in x < 10 ? 0 : (x < 20 && band == 1 ? 0 : 90) }
        let (report, pixels) = try standardise(maker)
        #expect(report.validity == .declaredNodata && report.nodata == [0, 0, 0])
        #expect(pixels[5, 5] == [0, 0, 0, 0])
        #expect(pixels[15, 5] == [0, 90, 90, 255])
    }

    @Test func readsNaNAndNumericNodataTogether() throws {
        var maker = RasterMaker(type: .float32, nodata: -9999)
        maker.value = { band, x, y in
            x < 10 ? .nan : (x < 20 ? -9999 : (x == 63 ? -3.4e38 : Double(x + y + band) / 200))
        }
        let (report, pixels) = try standardise(maker)
        #expect(report.stretches.allSatisfy { $0.low > 0 && $0.high < 1 })
        #expect(pixels[5, 5][3] == 0 && pixels[15, 5][3] == 0 && pixels[63, 5][3] == 0)
        #expect(pixels[40, 5][3] == 255)
        #expect(abs(pixels.opaqueShare - 43.0 / 64) < 0.001)
    }

    @Test func stretchesSixteenBitByPercentilesOfTheWholeImage() throws {
        var maker = RasterMaker(width: 3000, height: 200, bands: 3, type: .uint16)
        // The middle is flat: a stretch from the middle alone would be blind to the rest.
        maker.value = { _, x, _ in x > 600 && x < 2400 ? 5000 : Double(1000 + x * 3) }
        let (report, pixels) = try standardise(maker)
        let stretch = try #require(report.stretches.first)
        #expect(stretch.low < 1400 && stretch.high > 9500)
        #expect(pixels[0, 0][0] == 0 && pixels[2999, 0][0] == 255)
    }

    @Test func treatsWideAlphaAsOnOrOff() throws {
        var maker = RasterMaker(bands: 4, type: .uint16, colors: [.red, .green, .blue, .alpha])
        maker.value = { band, x, y in band == 4 ? (x < 16 ? 0 : 65_535) : Double(500 + x * 10 + y) }
        let (report, pixels) = try standardise(maker)
        #expect(report.validity == .alphaBand)
        #expect(pixels[3, 3] == [0, 0, 0, 0] && pixels[40, 3][3] == 255)
    }

    @Test func findsAnAlphaBandThatNobodyMarked() throws {
        var maker = RasterMaker(bands: 4, options: ["PHOTOMETRIC=RGB", "ALPHA=NO"], colors: [.red, .green, .blue])
        maker.value = { band, x, _ in band == 4 ? (x < 16 ? 0 : 255) : 120 }
        let (report, pixels) = try standardise(maker)
        #expect(report.validity == .unmarkedAlphaBand || report.validity == .alphaBand)
        #expect(pixels[3, 3] == [0, 0, 0, 0] && pixels[40, 3] == [120, 120, 120, 255])
    }

    @Test func usesAnInternalMask() throws {
        let maker = RasterMaker()
        let (report, pixels) = try standardise(maker) { raster in
            try raster.createMask()
            let mask = (0..<maker.width * maker.height).map { UInt8($0 % maker.width < 20 ? 0 : 255) }
            try raster.writeMask(mask, to: raster.window)
        }
        #expect(report.validity == .mask)
        #expect(pixels[5, 5] == [0, 0, 0, 0] && pixels[25, 5][3] == 255)
    }

    @Test func usesAMaskBesideTheFile() throws {
        let maker = RasterMaker()
        let input = try maker.make(folder.file("in.tif"))
        var mask = RasterMaker(bands: 1, epsg: nil, transform: nil)
        mask.value = { _, x, _ in x < 20 ? 0 : 255 }
        try mask.make(input + ".msk") { raster in
            // Source: https://gdal.org/development/rfc/rfc15_nodatabitmask.html
            for band in 1...3 { try raster.setMetadata("INTERNAL_MASK_FLAGS_\(band)", "2") }
        }
        let report = try Orthophoto.standardise(input, to: folder.file("out.tif"))
        let pixels = try Pixels(of: folder.file("out.tif"))
        #expect(report.validity == .mask)
        #expect(pixels[5, 5] == [0, 0, 0, 0] && pixels[25, 5][3] == 255)
    }

    @Test func looksForACollarWhenTheDeclaredNodataIsImpossible() throws {
        var maker = RasterMaker(nodata: -9999)
        maker.value = { band, x, y in x + y < 60 ? 0 : Double(band * 50) }
        #expect(try standardise(maker).report.validity == .detectedCollar)
    }

    @Test func readsSignedBytes() throws {
        var maker = RasterMaker(bands: 1, options: ["PIXELTYPE=SIGNEDBYTE"])
        maker.value = { _, x, _ in x < 32 ? 226 : 30 }
        let pixels = try standardise(maker).pixels
        #expect(pixels[5, 5][0] == 0 && pixels[60, 5][0] == 255)
    }

    @Test func namesTheFinalFileWhenItCannotBeWritten() throws {
        let input = try RasterMaker().make(folder.file("in.tif"))
        let failure = #expect(throws: Failure.self) {
            try Orthophoto.standardise(input, to: folder.file("no/such/out.tif"))
        }
        #expect(failure?.sentence.hasPrefix("writing out.tif failed") == true && failure?.retry == .later)
    }

    @Test(arguments: [0.0, 255.0])
    func makesAnUndeclaredCollarTransparent(collar: Double) throws {
        var maker = RasterMaker()
        maker.value = { band, x, y in x + y < 60 ? collar : Double(band * 50) }
        let (report, pixels) = try standardise(maker)
        #expect(report.validity == .detectedCollar && report.nodata == [collar, collar, collar])
        #expect(pixels[0, 0][3] == 0 && pixels[60, 40][3] == 255)
    }

    @Test func keepsAFlatEdgeThatIsGround() throws {
        var maker = RasterMaker()
        maker.value = { band, x, y in x < 30 || y < 20 ? 37 : Double(band * 50) }
        let (report, _) = try standardise(maker)
        #expect(report.validity == .everywhere)
    }

    @Test func turnsSouthUpUpsideDown() throws {
        var maker = RasterMaker()
        maker.transform = GeoTransform(
            originX: 500_000, originY: 5_300_000, columnX: 0.1, columnY: 0, rowX: 0, rowY: 0.1)
        maker.value = { band, x, y in Double(y + band) }
        let (report, pixels) = try standardise(maker)
        #expect(report.placement == .turned)
        #expect(pixels[5, 0] == [48, 49, 50, 255] && pixels[5, 47] == [1, 2, 3, 255])
    }

    @Test func turnsARotatedRasterNorthUp() throws {
        var maker = RasterMaker()
        maker.transform = GeoTransform(
            originX: 500_000, originY: 5_300_000, columnX: 0.07, columnY: 0.07, rowX: 0.07, rowY: -0.07)
        let (report, pixels) = try standardise(maker)
        #expect(report.placement == .turned && report.bands == 4)
        #expect(pixels[0, 0][3] == 0)
        #expect(pixels[pixels.width / 2, pixels.height / 2][3] == 255)
    }

    @Test func placesByGroundControlPoints() throws {
        var maker = RasterMaker()
        (maker.epsg, maker.transform) = (nil, nil)
        let points = [(0.0, 0.0), (64.0, 0.0), (0.0, 48.0), (64.0, 48.0)].map {
            GroundControlPoint(column: $0.0, row: $0.1, x: 500_000 + $0.0 * 0.1, y: 5_300_000 - $0.1 * 0.1)
        }
        let (report, pixels) = try standardise(maker) { raster in
            try raster.setGroundControlPoints(points, crs: CoordinateSystem(epsg: 32632))
        }
        #expect(report.placement == .controlPoints && report.epsg == 32632)
        #expect(pixels.opaqueShare > 0.95)
    }

    @Test func dropsHeightsFromACompoundSystem() throws {
        let (report, _) = try standardise(RasterMaker(epsg: nil)) { raster in
            try raster.setCRS(CoordinateSystem(wkt: Self.compound))
        }
        #expect(report.deviations.contains("a height system") && report.epsg == 32632)
    }

    @Test func acceptsDegrees() throws {
        var maker = RasterMaker(epsg: 4326)
        maker.transform = GeoTransform(originX: 9, originY: 48, pixelWidth: 1e-6, pixelHeight: 1e-6)
        #expect(try standardise(maker).report.epsg == 4326)
    }

    @Test func standardisesASinglePixel() throws {
        var maker = RasterMaker(width: 1, height: 1, type: .uint16)
        maker.value = { _, _, _ in 32_768 }
        let (_, pixels) = try standardise(maker)
        #expect(pixels.values == [128, 128, 128])
    }

    @Test func refusesAFileWithoutValidPixels() {
        var maker = RasterMaker(bands: 4, colors: [.red, .green, .blue, .alpha])
        maker.value = { band, _, _ in band == 4 ? 0 : 50 }
        #expect(refusal(maker)?.code == "raster_empty")
        var floats = RasterMaker(type: .float32)
        floats.value = { _, _, _ in .nan }
        #expect(refusal(floats)?.code == "raster_empty")
    }

    @Test func refusesWhatHasNoPlaceOnEarth() throws {
        var maker = RasterMaker(epsg: nil)
        #expect(refusal(maker)?.code == "raster_without_crs")
        maker.transform = nil
        #expect(refusal(maker)?.code == "raster_not_georeferenced")
        #expect(refusal(RasterMaker(transform: nil))?.code == "raster_without_position")
        let local = refusal(RasterMaker(epsg: nil)) { raster in
            try raster.setCRS(CoordinateSystem(wkt: #"LOCAL_CS["Local Coordinates (m)",UNIT["metre",1]]"#))
        }
        #expect(local?.code == "raster_local_crs")
        #expect(local?.sentence.contains("UTM") == true)
        #expect(refusal(RasterMaker(epsg: 4326))?.code == "raster_off_earth")
        let rpc = refusal(maker) { raster in
            for (key, value) in Self.rpc { try raster.setMetadata(key, value, domain: "RPC") }
        }
        #expect(rpc?.code == "raster_rpc_only")
    }

    @Test func refusesComplexNumbersAndTooManyBands() {
        #expect(refusal(RasterMaker(bands: 1, type: .complexFloat32))?.code == "raster_type_unsupported")
        #expect(refusal(RasterMaker(width: 4, height: 4, bands: 65))?.code == "raster_too_many_bands")
    }

    private static let rpc =
        [
            ("LINE_OFF", "24"), ("SAMP_OFF", "32"), ("LAT_OFF", "48"), ("LONG_OFF", "9"), ("HEIGHT_OFF", "300"),
            ("LINE_SCALE", "24"), ("SAMP_SCALE", "32"), ("LAT_SCALE", "0.1"), ("LONG_SCALE", "0.1"),
            ("HEIGHT_SCALE", "100"),
        ]
        + ["LINE_NUM_COEFF", "LINE_DEN_COEFF", "SAMP_NUM_COEFF", "SAMP_DEN_COEFF"].map {
            ($0, Array(repeating: "1", count: 20).joined(separator: " "))
        }

    private static let compound = """
        COMPD_CS["WGS 84 / UTM zone 32N + EGM96 height",PROJCS["WGS 84 / UTM zone 32N",GEOGCS["WGS 84",\
        DATUM["WGS_1984",SPHEROID["WGS 84",6378137,298.257223563]],PRIMEM["Greenwich",0],\
        UNIT["degree",0.0174532925199433],AUTHORITY["EPSG","4326"]],PROJECTION["Transverse_Mercator"],\
        PARAMETER["latitude_of_origin",0],PARAMETER["central_meridian",9],PARAMETER["scale_factor",0.9996],\
        PARAMETER["false_easting",500000],PARAMETER["false_northing",0],UNIT["metre",1],\
        AUTHORITY["EPSG","32632"]],VERT_CS["EGM96 height",VERT_DATUM["EGM96 geoid",2005],UNIT["metre",1],\
        AUTHORITY["EPSG","5773"]]]
        """
}
