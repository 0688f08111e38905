import Failures
import Foundation
import Raster
import Testing

@Suite struct HostileRasterTests {
    let folder = TemporaryFolder()

    private func refusal(_ path: String) -> Failure? {
        let started = ContinuousClock.now
        let failure = #expect(throws: Failure.self) {
            try Orthophoto.standardise(path, to: folder.file("out.tif"))
        }
        #expect(ContinuousClock.now - started < .seconds(30))
        #expect(!folder.names.contains { $0.hasPrefix("out.tif") })
        #expect(failure?.sentence.contains(folder.path) == false)
        return failure
    }

    private func write(_ text: String, _ name: String) throws -> String {
        try Data(text.utf8).write(to: URL(fileURLWithPath: folder.file(name)))
        return folder.file(name)
    }

    @Test func refusesAVirtualRasterNamedTIFF() throws {
        let inner = try RasterMaker().make(folder.file("inner.tif"))
        for source in [inner, "/vsicurl/http://127.0.0.1:1/a.tif"] {
            let path = try write(
                """
                <VRTDataset rasterXSize="64" rasterYSize="48"><VRTRasterBand dataType="Byte" band="1">
                <SimpleSource><SourceFilename>\(source)</SourceFilename><SourceBand>1</SourceBand></SimpleSource>
                </VRTRasterBand></VRTDataset>
                """, "v.tif")
            #expect(refusal(path)?.code == "raster_not_readable")
        }
        #expect(refusal("/vsicurl/http://127.0.0.1:1/a.tif")?.code == "raster_not_local")
    }

    @Test func ignoresSideFilesOfOtherFormats() throws {
        let path = try RasterMaker().make(folder.file("a.tif"))
        _ = try write("<VRTDataset rasterXSize=\"64\" rasterYSize=\"48\"></VRTDataset>", "a.tif.msk")
        #expect(try Orthophoto.standardise(path, to: folder.file("out.tif")).validity == .everywhere)
    }

    @Test func refusesOverviewsFromAnotherFile() throws {
        let other = try RasterMaker().make(folder.file("other.tif"))
        for target in [other, "<VRTDataset rasterXSize=\"9\" rasterYSize=\"9\"/>", "/vsicurl/http://127.0.0.1:1/a.tif"]
        {
            let path = try RasterMaker().make(folder.file("a.tif")) {
                try $0.setMetadata("OVERVIEW_FILE", target, domain: "OVERVIEWS")
            }
            #expect(refusal(path)?.code == "raster_refers_elsewhere")
        }
    }

    @Test func refusesTextAndNothing() throws {
        #expect(refusal(try write("not a raster", "t.tif"))?.code == "raster_not_readable")
        #expect(refusal(try write("", "e.tif"))?.code == "raster_not_readable")
        #expect(refusal(folder.file("none.tif"))?.code == "raster_missing")
    }

    @Test func refusesAHugeSparseRasterAtOnce() throws {
        let path = folder.file("sparse.tif")
        let options = [
            "TILED=YES", "SPARSE_OK=YES", "BIGTIFF=YES", "BLOCKXSIZE=1024", "BLOCKYSIZE=1024", "COMPRESS=DEFLATE",
        ]
        let huge = try RasterDataset(creating: path, width: 200_000, height: 200_000, bands: 3, options: options)
        try huge.setProjection(epsg: 32632)
        try huge.setGeoTransform(
            GeoTransform(originX: 500_000, originY: 5_300_000, pixelWidth: 0.1, pixelHeight: 0.1))
        try huge.close()
        #expect(refusal(path)?.code == "raster_too_large")

        let hollow = try RasterDataset(creating: path, width: 60_000, height: 60_000, bands: 3, options: options)
        try hollow.close()
        #expect(refusal(path)?.code == "raster_hollow")
    }

    @Test(arguments: [true, false])
    func refusesATruncatedFile(standard: Bool) throws {
        let options = ["TILED=YES", "COMPRESS=DEFLATE", standard ? "INTERLEAVE=PIXEL" : "INTERLEAVE=BAND"]
        var maker = RasterMaker(width: 600, height: 600, options: options + ["PHOTOMETRIC=RGB"])
        maker.value = { band, x, y in Double((x &* 7919 &+ y &* 104_729 &+ band &* 31) % 251 + 1) }
        let path = try maker.make(folder.file("cut.tif"))
        let whole = try Data(contentsOf: URL(fileURLWithPath: path))
        try whole.prefix(whole.count * 6 / 10).write(to: URL(fileURLWithPath: path))
        #expect(refusal(path)?.code == "raster_damaged")
    }

    @Test func refusesTheLargestNumberOfBandsWithoutReadingThem() throws {
        let path = folder.file("bands.tif")
        try Data(Self.tiff(bands: 65_535)).write(to: URL(fileURLWithPath: path))
        let failure = refusal(path)
        #expect(["raster_too_many_bands", "raster_not_readable"].contains(failure?.code))
    }

    /// The header of a strip TIFF of 1 x 1 pixels with this many bands, and no pixels.
    private static func tiff(bands: UInt16) -> [UInt8] {
        let entries: [(tag: UInt16, type: UInt16, value: UInt32)] = [
            (256, 3, 1), (257, 3, 1), (258, 3, 8), (259, 3, 1), (262, 3, 1), (273, 4, 200), (277, 3, UInt32(bands)),
            (278, 3, 1), (279, 4, UInt32(bands)),
        ]
        func bytes<Number: FixedWidthInteger>(_ number: Number) -> [UInt8] {
            withUnsafeBytes(of: number.littleEndian) { Array($0) }
        }
        var file = Array("II".utf8) + bytes(UInt16(42)) + bytes(UInt32(8)) + bytes(UInt16(entries.count))
        for entry in entries { file += bytes(entry.tag) + bytes(entry.type) + bytes(UInt32(1)) + bytes(entry.value) }
        return file + bytes(UInt32(0)) + [UInt8](repeating: 0, count: 70_000)
    }

    @Test func readsAnImageWhoseMetadataIsNoXML() throws {
        let path = try RasterMaker().make(folder.file("a.tif")) { try $0.setMetadata("AB", "CD") }
        var bytes = try Data(contentsOf: URL(fileURLWithPath: path))
        let end = try #require(bytes.range(of: Data("</Item>".utf8)))
        bytes.replaceSubrange(end, with: Data("<Item/>".utf8))
        try bytes.write(to: URL(fileURLWithPath: path))
        #expect(try Orthophoto.standardise(path, to: folder.file("out.tif")).epsg == 32632)
    }

    @Test(arguments: [true, false]) func findsABrokenTileAlsoInAStandardFile(alpha: Bool) throws {
        var maker = RasterMaker(
            width: 600, height: 600, bands: alpha ? 4 : 3,
            options: ["TILED=YES", "COMPRESS=DEFLATE", "INTERLEAVE=PIXEL", "PHOTOMETRIC=RGB"]
                + (alpha ? ["ALPHA=YES"] : []))
        maker.value = { band, x, y in band == 4 ? 255 : Double((x &* 7919 &+ y &* 104_729 &+ band &* 31) % 251 + 1) }
        let path = try maker.make(folder.file("a.tif"))
        let block = try Self.lastBlock(of: path)
        var bytes = try Data(contentsOf: URL(fileURLWithPath: path))
        bytes.replaceSubrange(block.lowerBound + 20..<block.lowerBound + 60, with: Data(repeating: 0xff, count: 40))
        try bytes.write(to: URL(fileURLWithPath: path))
        #expect(refusal(path)?.code == "raster_damaged")
    }

    private static func lastBlock(of path: String) throws -> Range<Int> {
        let raster = try RasterDataset(opening: path)
        let fact = { (key: String) in
            let found = raster.metadataItem("\(key)_2_2", band: 1, domain: "TIFF").flatMap { Int($0) }
            return try #require(found)
        }
        let start = try fact("BLOCK_OFFSET")
        return start..<start + (try fact("BLOCK_SIZE"))
    }

    @Test func refusesASparseRasterWithoutAnyPixelAtOnce() throws {
        let path = folder.file("sparse.tif")
        let raster = try RasterDataset(
            creating: path, width: 20_000, height: 20_000, bands: 3,
            options: ["TILED=YES", "SPARSE_OK=YES", "COMPRESS=DEFLATE", "BLOCKXSIZE=512", "BLOCKYSIZE=512"])
        try raster.setProjection(epsg: 32632)
        try raster.setGeoTransform(
            GeoTransform(originX: 500_000, originY: 5_300_000, pixelWidth: 0.1, pixelHeight: 0.1))
        try raster.close()
        let started = ContinuousClock.now
        #expect(refusal(path)?.code == "raster_empty")
        // Decoding its 400 million pixels takes many times as long.
        #expect(ContinuousClock.now - started < .seconds(3))
    }
}
