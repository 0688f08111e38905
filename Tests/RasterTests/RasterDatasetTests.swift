import Failures
import Foundation
import Testing

@testable import Raster

@Suite struct RasterDatasetTests {
    let folder = TemporaryFolder()

    @Test func writesBlocksAndReadsThemBack() throws {
        let path = folder.file("a.tif")
        let window = PixelWindow(x: 0, y: 0, width: 300, height: 200)
        let pixels = (0..<300 * 200 * 4).map { UInt8(truncatingIfNeeded: $0 &* 7) }
        let made = try RasterDataset(
            creating: path, width: 300, height: 200, bands: 4, options: ["TILED=YES", "COMPRESS=DEFLATE", "ALPHA=YES"])
        try made.setProjection(epsg: 32632)
        let transform = GeoTransform(originX: 500_000, originY: 5_300_000, pixelWidth: 0.05, pixelHeight: 0.05)
        try made.setGeoTransform(transform)
        try made.write(pixels, to: window)
        try made.close()

        let read = try RasterDataset(opening: path)
        let (found, place, epsg) = (try read.read(window), read.geoTransform, read.crs?.epsg)
        let bands = [read.band(1), read.band(2), read.band(3), read.band(4)]
        #expect(found == pixels)
        #expect(place == transform)
        #expect(epsg == 32632)
        #expect(bands.map(\.color) == [.red, .green, .blue, .alpha])
        #expect(bands[0].blockWidth == 256)
    }

    @Test func encodesAndReadsJPEG() throws {
        let memory = try RasterDataset(creating: "", driver: "MEM", width: 64, height: 32, bands: 3)
        let pixels = [UInt8](repeating: 200, count: 64 * 32 * 3)
        try memory.write(pixels, to: memory.window)
        let path = folder.file("a.jpg")
        try memory.createCopy(path, driver: "JPEG", options: ["QUALITY=90"])
        let read = try RasterDataset(opening: path, drivers: ["JPEG", "PNG", "GTiff"])
        let small = try read.read(read.window, outWidth: 16, outHeight: 8, resampling: .average)
        #expect(small.count == 16 * 8 * 3)
        #expect(small.allSatisfy { abs(Int($0) - 200) < 3 })
    }

    @Test func refusesAnotherFormatUnderTheNameOfATIFF() throws {
        let memory = try RasterDataset(creating: "", driver: "MEM", width: 8, height: 8, bands: 3)
        let path = folder.file("a.tif")
        try memory.createCopy(path, driver: "PNG")
        let failure = #expect(throws: Failure.self) { _ = try RasterDataset(opening: path) }
        #expect(failure?.code == "raster_not_readable")
    }

    @Test func reportsAFolderThatIsNotThere() {
        let failure = #expect(throws: Failure.self) {
            _ = try RasterDataset(creating: folder.file("no/such/a.tif"), width: 8, height: 8, bands: 1)
        }
        #expect(failure?.code == "raster_not_written")
        #expect(failure?.sentence.contains("/") == false)
    }

    @Test func transformsBetweenLongitudeLatitudeAndUTM() throws {
        let toUTM = try CoordinateTransform(fromEPSG: 4326, toEPSG: 32632)
        let found = toUTM.point(x: 9, y: 48)
        let point = try #require(found)
        #expect(abs(point.x - 500_000) < 0.001)
        #expect(abs(point.y - 5_316_300.1) < 1)
        let toDegrees = try CoordinateTransform(fromEPSG: 32632, toEPSG: 4326)
        let back = toDegrees.point(x: point.x, y: point.y) ?? (0, 0)
        #expect(abs(back.x - 9) < 1e-9 && abs(back.y - 48) < 1e-9)
    }

    @Test func boundsFollowBentEdges() throws {
        let transform = try CoordinateTransform(fromEPSG: 4326, toEPSG: 32632)
        let box =
            transform.bounds(Bounds(west: 6, south: 60, east: 12, north: 61))
            ?? Bounds(west: 0, south: 0, east: 0, north: 0)
        let corner = transform.point(x: 6, y: 60) ?? (0, 0)
        let middle = transform.point(x: 9, y: 60) ?? (0, 0)
        #expect(middle.y < corner.y - 1000)
        #expect(abs(box.south - middle.y) < 1)
    }

    @Test func refusesAnUnknownEPSGCode() {
        let failure = #expect(throws: Failure.self) { _ = try CoordinateSystem(epsg: 999_999) }
        #expect(failure?.code == "crs_unknown")
    }

    @Test func hasRoomForABlockThatIsTheWholeImage() throws {
        let path = folder.file("tile.tif")
        let made = try RasterDataset(
            creating: path, width: 13_000, height: 13_000, bands: 1,
            options: ["TILED=YES", "BLOCKXSIZE=13312", "BLOCKYSIZE=13312", "SPARSE_OK=YES", "COMPRESS=DEFLATE"])
        try made.close()
        _ = try RasterSource(opening: path)
        #expect(GDALLibrary.cacheBytes >= 2 * 13_312 * 13_312)
    }
}
