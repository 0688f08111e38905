import Failures
import Foundation
import Testing

@testable import Raster

@Suite struct RasterInfoTests {
    let folder = TemporaryFolder()

    private func json(_ path: String) throws -> [String: Any] {
        let data = try JSONEncoder().encode(RasterInfo(of: path))
        return try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
    }

    @Test func hasTheKeysOfThePlatformWithNullsInPlace() throws {
        let path = try RasterMaker(type: .float32, nodata: .nan).make(folder.file("a.tif"))
        let info = try json(path)
        #expect(
            Set(info.keys) == [
                "Path", "Driver", "COG", "Compression", "ColorSpace", "COG_errors", "COG_warnings", "Profile", "GEO",
                "Tags", "Band_Metadata", "IFD",
            ])
        #expect(info["Path"] as? String == "a.tif")
        #expect(info["ColorSpace"] is NSNull)
        let profile = try #require(info["Profile"] as? [String: Any])
        #expect(profile["Nodata"] as? String == "nan")
        #expect(profile["Dtype"] as? String == "float32")
        let geo = try #require(info["GEO"] as? [String: Any])
        #expect(geo["CRS"] as? String == "EPSG:32632")
        #expect(
            try JSONDecoder().decode(RasterInfo.self, from: JSONEncoder().encode(RasterInfo(of: path)))
                == RasterInfo(of: path))
    }

    @Test func findsTheLevelsOfTheWebMap() {
        #expect(WebMapZooms(resolution: 156_543.033_928_04, width: 256, height: 256).highest == 0)
        #expect(WebMapZooms(resolution: 0.05, width: 4096, height: 4096).highest == 22)
        #expect(WebMapZooms(resolution: 0.05, width: 4096, height: 4096).lowest == 18)
    }

    @Test func judgesTheLayout() throws {
        let options = ["TILED=YES", "BLOCKXSIZE=256", "BLOCKYSIZE=256"]
        let late = try RasterMaker(width: 700, height: 700, options: options).make(folder.file("late.tif")) {
            try $0.buildOverviews([2, 4])
        }
        let appended = try RasterInfo(of: late)
        #expect(!appended.isCOG && appended.cogErrors?.isEmpty == false)
        let strips = try RasterInfo(of: RasterMaker(width: 700, height: 700).make(folder.file("strips.tif")))
        #expect(strips.cogErrors?.contains { $0.contains("not tiled") } == true)
        let cog = folder.file("cog.tif")
        try Orthophoto.makeCOG(late, to: cog)
        let good = try RasterInfo(of: cog)
        #expect(good.isCOG && good.cogWarnings == nil && good.profile.hasInternalMask && good.compression == "JPEG")
        #expect(good.directories.count > 1 && good.directories[1].decimation == 2)
    }

    @Test func identifiesAFileByItsSizeAndEnds() throws {
        let path = folder.file("f")
        try Data("abc".utf8).write(to: URL(fileURLWithPath: path))
        // printf 3abcabc | sha256sum
        #expect(
            try FileIdentifier.compute(path).sha256
                == "2e8e504c5e6b886af70f8c03cbfc31aca95fb4c027c10ff00a4a8061aa13650a")
    }

    @Test func givesTheBoxInDegrees() throws {
        var maker = RasterMaker(epsg: 4326)
        maker.transform = GeoTransform(originX: 9, originY: 48, pixelWidth: 0.001, pixelHeight: 0.001)
        let facts = try OrthoFacts(of: maker.make(folder.file("a.tif")))
        #expect(facts.bbox?.hasPrefix("BOX(9.0 47.95") == true && facts.bbox?.hasSuffix(",9.064 48.0)") == true)
        #expect(try OrthoFacts(of: RasterMaker(epsg: nil).make(folder.file("b.tif"))).bbox == nil)
    }

    @Test func keepsDescriptionsShort() throws {
        let path = try RasterMaker().make(folder.file("a.tif")) { raster in
            try raster.setMetadata("LONG", String(repeating: "x", count: 50_000))
            for number in 0..<1000 { try raster.setMetadata("K\(number)", "v", domain: "MANY") }
        }
        let tags = try RasterInfo(of: path).tags
        #expect(tags["Image Metadata"]?["LONG"]?.count == 10_001 && tags["Many"]?.count == 200)
    }
}
