import Failures
import Foundation
import Raster
import Testing

@Suite struct COGTests {
    let folder = TemporaryFolder()

    @Test func makesWebMercatorTilesWithMaskAndOverviews() throws {
        var maker = RasterMaker(width: 900, height: 700, bands: 4, colors: [.red, .green, .blue, .alpha])
        maker.value = { band, x, y in band == 4 ? (x < 200 ? 0 : 255) : Double(band * 60) }
        let path = folder.file("cog.tif")
        let report = try Orthophoto.makeCOG(try maker.make(folder.file("in.tif")), to: path)
        #expect(report.errors.isEmpty && report.warnings.isEmpty)
        #expect(report.standardised?.validity == .alphaBand)

        let cog = try RasterDataset(opening: path)
        let (epsg, bands, compression) = (
            cog.crs?.epsg, cog.bands, cog.metadataItem("COMPRESSION", domain: "IMAGE_STRUCTURE")
        )
        #expect(epsg == 3857 && bands.count == 3)
        #expect(compression?.contains("JPEG") == true)
        #expect(bands[0].mask == [.perDataset] && !bands[0].overviews.isEmpty)
        #expect(bands[0].blockWidth == 256)
        let (middle, mask) = (
            try cog.read(PixelWindow(x: cog.width / 2, y: cog.height / 2, width: 1, height: 1)),
            try cog.readMask(band: 1, cog.window)
        )
        #expect(zip(middle, [60, 120, 180]).allSatisfy { abs(Int($0) - $1) < 6 })
        let share = Double(mask.count { $0 > 0 }) / Double(mask.count)
        #expect(share > 0.25 && share < 0.85)
    }

    @Test func alignsToTheGridOfGoogleTiles() throws {
        let path = folder.file("cog.tif")
        try Orthophoto.makeCOG(try RasterMaker(width: 600, height: 600).make(folder.file("in.tif")), to: path)
        let cog = try RasterDataset(opening: path)
        let found = cog.geoTransform
        let transform = try #require(found)
        // Source: https://docs.ogc.org/is/17-083r4/17-083r4.html#toc49 (WebMercatorQuad)
        let zoom = log2(156_543.033_928_040_97 / transform.columnX)
        #expect(abs(zoom - zoom.rounded()) < 1e-9)
        let tile = 256 * transform.columnX
        let column = (transform.originX + 20_037_508.342_789_244) / tile
        #expect(abs(column - column.rounded()) < 1e-4)
    }

    @Test func leavesNothingBehindWhenTheInputIsBad() throws {
        let failure = #expect(throws: Failure.self) {
            try Orthophoto.makeCOG(
                RasterMaker(epsg: nil).make(folder.file("in.tif")), to: folder.file("cog.tif"))
        }
        #expect(failure?.code == "raster_without_crs")
        #expect(folder.names == ["in.tif"])
    }

    @Test func reportsProgressThatNeverFallsAndEndsAtOne() throws {
        let input = try RasterMaker(width: 4200, height: 2100, options: ["TILED=YES"]).make(folder.file("in.tif"))
        var seen: [Double] = []
        try Orthophoto.makeCOG(input, to: folder.file("cog.tif")) { seen.append($0) }
        #expect(seen == seen.sorted() && seen.last == 1 && seen.count > 3)
    }

    @Test func refusesWhatWebMercatorDoesNotShow() throws {
        var maker = RasterMaker(epsg: 3031)
        maker.transform = GeoTransform(originX: 100_000, originY: 100_000, pixelWidth: 0.1, pixelHeight: 0.1)
        let input = try maker.make(folder.file("in.tif"))
        let failure = #expect(throws: Failure.self) { try Orthophoto.makeCOG(input, to: folder.file("cog.tif")) }
        #expect(failure?.code == "raster_off_web_map" && failure?.retry == .never)
        #expect(try Orthophoto.standardise(input, to: folder.file("standard.tif")).epsg == 3031)
    }
}
