import Failures
import Foundation
import Raster
import Testing

/// Where rasters lie, and those that cannot be placed.
@Suite struct PlacementTests {
    let bench = Workbench()

    @Test func turnsSouthUpUpsideDown() throws {
        var maker = RasterMaker()
        maker.transform = GeoTransform(
            originX: 500_000, originY: 5_300_000, columnX: 0.1, columnY: 0, rowX: 0, rowY: 0.1)
        maker.value = { band, x, y in Double(y + band) }
        let (report, pixels) = try bench.standardise(maker)
        #expect(report.placement == .turned)
        #expect(pixels[5, 0] == [48, 49, 50, 255] && pixels[5, 47] == [1, 2, 3, 255])
    }

    @Test func turnsARotatedRasterNorthUp() throws {
        var maker = RasterMaker()
        maker.transform = GeoTransform(
            originX: 500_000, originY: 5_300_000, columnX: 0.07, columnY: 0.07, rowX: 0.07, rowY: -0.07)
        let (report, pixels) = try bench.standardise(maker)
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
        let (report, pixels) = try bench.standardise(maker) { raster in
            try raster.setGroundControlPoints(points, crs: CoordinateSystem(epsg: 32632))
        }
        #expect(report.placement == .controlPoints && report.epsg == 32632)
        #expect(pixels.opaqueShare > 0.95)
    }

    @Test func dropsHeightsFromACompoundSystem() throws {
        let (report, _) = try bench.standardise(RasterMaker(epsg: nil)) { raster in
            try raster.setCRS(CoordinateSystem(wkt: Self.compound))
        }
        #expect(report.deviations.contains("a height system") && report.epsg == 32632)
    }

    @Test func acceptsDegrees() throws {
        var maker = RasterMaker(epsg: 4326)
        maker.transform = GeoTransform(originX: 9, originY: 48, pixelWidth: 1e-6, pixelHeight: 1e-6)
        #expect(try bench.standardise(maker).report.epsg == 4326)
    }

    @Test func refusesWhatHasNoPlaceOnEarth() throws {
        var maker = RasterMaker(epsg: nil)
        #expect(bench.refusal(maker)?.code == "raster_without_crs")
        maker.transform = nil
        #expect(bench.refusal(maker)?.code == "raster_not_georeferenced")
        #expect(bench.refusal(RasterMaker(transform: nil))?.code == "raster_without_position")
        let local = bench.refusal(RasterMaker(epsg: nil)) { raster in
            try raster.setCRS(CoordinateSystem(wkt: #"LOCAL_CS["Local Coordinates (m)",UNIT["metre",1]]"#))
        }
        #expect(local?.code == "raster_local_crs")
        #expect(local?.sentence.contains("UTM") == true)
        #expect(bench.refusal(RasterMaker(epsg: 4326))?.code == "raster_off_earth")
        let rpc = bench.refusal(maker) { raster in
            for (key, value) in Self.rpc { try raster.setMetadata(key, value, domain: "RPC") }
        }
        #expect(rpc?.code == "raster_rpc_only")
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

    @Test func refusesCoordinatesFromTheMiddleOfTheEarth() {
        let failure = bench.refusal(RasterMaker(epsg: 4978))
        #expect(failure?.code == "raster_geocentric_crs")
        #expect(failure?.sentence.contains("export it in a projected system such as UTM") == true)
    }

    @Test(arguments: [(200.0, -160.0), (-190, 170), (180, -180)])
    func bringsLongitudesBackToWhereMapsHaveThem(stored: Double, usual: Double) throws {
        var maker = RasterMaker(options: Self.standardOptions, epsg: 4326)
        maker.transform = GeoTransform(originX: stored, originY: -17, pixelWidth: 1e-6, pixelHeight: 1e-6)
        #expect(try bench.standardise(maker).report.deviations == ["longitudes beyond 180 degrees"])
        let made = try RasterDataset(opening: bench.folder.file("out.tif"))
        let west = made.geoTransform?.originX ?? 0
        #expect(abs(west - usual) < 1e-9)
        maker.transform?.originX += stored < 0 ? -360 : 360
        #expect(bench.refusal(maker)?.code == "raster_off_earth")
    }

    @Test func leavesARasterAcrossThe180thMeridianInOnePiece() throws {
        var maker = RasterMaker(epsg: 4326)
        maker.transform = GeoTransform(originX: 179.999_98, originY: -17, pixelWidth: 1e-6, pixelHeight: 1e-6)
        let (report, pixels) = try bench.standardise(maker)
        #expect(!report.deviations.contains("longitudes beyond 180 degrees") && pixels.width == 64)
    }

    @Test func saysThatControlPointsLieInALine() throws {
        var maker = RasterMaker()
        (maker.epsg, maker.transform) = (nil, nil)
        let points = [0.0, 20, 40].map { GroundControlPoint(column: $0, row: $0, x: 500_000 + $0, y: 5_300_000 - $0) }
        let failure = bench.refusal(maker) { raster in
            try raster.setGroundControlPoints(points, crs: CoordinateSystem(epsg: 32632))
        }
        #expect(failure?.code == "raster_control_points_in_line")
    }

    @Test func boundsAFileByAllOfItAndNotByItsControlPoints() throws {
        var maker = RasterMaker(width: 64, height: 48)
        (maker.epsg, maker.transform) = (nil, nil)
        let points = [(20.0, 20.0), (40.0, 20.0), (20.0, 40.0)].map {
            GroundControlPoint(column: $0.0, row: $0.1, x: 9 + $0.0 * 0.001, y: 48 - $0.1 * 0.001)
        }
        let path = try maker.make(bench.folder.file("in.tif")) { raster in
            try raster.setGroundControlPoints(points, crs: CoordinateSystem(epsg: 4326))
        }
        #expect(try OrthoFacts(of: path).bbox?.hasPrefix("BOX(9.0 47.95") == true)
    }

    @Test func readsAWorldFileBesideTheRaster() throws {
        var maker = RasterMaker()
        maker.transform = nil
        let input = try maker.make(bench.folder.file("in.tif"))
        try Data("0.1\n0\n0\n-0.1\n500000.05\n5299999.95\n".utf8)
            .write(to: URL(fileURLWithPath: bench.folder.file("in.tfw")))
        _ = try bench.standardise(input)
        let made = try RasterDataset(opening: bench.folder.file("out.tif"))
        let transform = made.geoTransform
        #expect(transform == RasterMaker().transform)
    }

    private static let standardOptions = ["TILED=YES", "COMPRESS=DEFLATE", "INTERLEAVE=PIXEL", "PHOTOMETRIC=RGB"]

    @Test func takesWhatStandsInASideFileAlongIntoTheStandardCopy() throws {
        let maker = RasterMaker(options: Self.standardOptions, epsg: nil)
        let input = try maker.make(bench.folder.file("in.tif"))
        let crs = try CoordinateSystem(epsg: 32632).wkt.replacingOccurrences(of: "\"", with: "&quot;")
        try Data("<PAMDataset><SRS>\(crs)</SRS></PAMDataset>".utf8)
            .write(to: URL(fileURLWithPath: input + ".aux.xml"))
        let report = try bench.standardise(input).report
        #expect(report.deviations == ["side files"] && report.epsg == 32632)
    }

    @Test func refusesDegreesThatWereTakenForMetres() {
        var maker = RasterMaker()
        maker.transform = GeoTransform(originX: 9, originY: 48, pixelWidth: 1e-6, pixelHeight: 1e-6)
        let failure = bench.refusal(maker)
        #expect(failure?.code == "raster_pixels_too_small")
        #expect(failure?.sentence.contains("WGS 84 / UTM zone 32N; it was probably assigned the wrong one") == true)
    }
}
