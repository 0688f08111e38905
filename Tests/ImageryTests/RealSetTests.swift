import Failures
import Foundation
import Imagery
import Testing

/// Sets of real photos and RTK files.
@Suite(.enabled(if: SharedData.isThere)) struct RealSetTests {
    @Test func readsARealFlight() throws {
        let set = try ImageSet.scan(path: SharedData.path("brighton_beach/images"))
        #expect(set.photos.count == 18 && set.gps?.photos == 18 && set.refusal == nil)
        #expect(set.cameras.map(\.model) == ["FC300S"] && set.sizes == ["2000x1125": 18])
        let gps = try #require(set.gps)
        #expect(abs(gps.south - 46.842282) < 1e-6 && abs(gps.north - 46.843038) < 1e-6)
        #expect(abs(gps.west + 91.994560) < 1e-6 && abs(gps.east + 91.993455) < 1e-6)
        let altitudes = try [#require(gps.lowest), #require(gps.highest)]
        #expect(abs(altitudes[0] - 198.3) < 0.06 && abs(altitudes[1] - 198.7) < 0.06)
        #expect(set.from == "2016-06-23T16:31:59" && set.to == "2016-06-23T16:34:03")
        #expect(set.acquired == .init(year: 2016, month: 6, day: 23))
        #expect(set.flight?.height == .init(min: 39.8, max: 40.2) && set.flight?.oblique == 0)
        #expect(set.cameraMetadata.fields["FocalLength"] == .number(3.61))
        #expect(set.cameraMetadata.fields["FocalLengthIn35mmFilm"] == .number(20))
        #expect(set.warnings.isEmpty)
    }

    @Test func estimatesWhatAFlightTakes() throws {
        let set = try ImageSet.scan(path: SharedData.path("brighton_beach/images"))
        let estimate = ProcessingEstimate(set)
        // 18 photos of 2.25 megapixels, and an orthophoto of 2.4 ha.
        #expect((1 << 29...2 << 30).contains(estimate.memory) && estimate.leastMemory < 1 << 30)
        // 40 m above ground, 36 mm of film behind 20 mm, 2000 pixels.
        #expect(abs((estimate.groundSampling ?? 0) - 40 * 36 / 20 / 2000) < 5e-4)
        #expect(abs((estimate.area ?? 0) / 10_000 - 2.4) < 0.3)
        #expect(estimate.disk > 10 * set.bytes)
    }

    @Test func unpacksARealArchive() throws {
        let folder = try TemporaryFolder()
        let result = try ImageSet.unpack(path: SharedData.path("zips/brighton_3images.zip"), into: folder.path + "/7")
        #expect(folder.list("7/images") == ["DJI_0025.JPG", "DJI_0026.JPG", "DJI_0027.JPG"])
        #expect(result.bytes == 2_296_822)
        #expect(try folder.bytes("7/images/DJI_0026.JPG") == SharedData.bytes("brighton_beach/images/DJI_0026.JPG"))
    }

    @Test func readsTheFixesOfMarkFiles() throws {
        let set = try ImageSet.scan(path: SharedData.path("rtk/brighton_synthetic_rtk"))
        let rtk = try #require(set.rtk)
        #expect(rtk.files == ["MRK": 1, "RTK": 1] && rtk.fileCount == 2)
        #expect(rtk.marks.values.reduce(0, +) == 18 && Set(rtk.marks.keys) == ["fixed", "float", "single"])
        #expect(rtk.photos.values.reduce(0, +) == 6)
        #expect(set.photos.count == 6)
        #expect(set.warnings.contains("the MRK files hold 18 marks for 6 photos"))
    }

    @Test func takesThePrecisionOfARealReceiver() throws {
        let set = try ImageSet.scan(path: SharedData.path("rtk/autel_real"))
        let rtk = try #require(set.rtk)
        #expect(rtk.marks == ["fixed": 176] && rtk.quality == 5)
        // √(0.014391² + 0.013698²) m, as the first marks have it.
        #expect(abs((rtk.precision ?? 0) - 2.0) < 0.3 && abs((rtk.accuracy ?? 0) - 0.02) < 0.01)
        #expect(set.refusal?.code == "too_few_photos" && set.controlFiles == ["gcp_list.txt"])
    }

    @Test func sortsTheEdgeCasesOut() throws {
        let set = try ImageSet.scan(path: SharedData.path("exif_edge"))
        #expect(set.photos.count == 30 && set.formats == ["jpeg": 29, "png": 1])
        #expect(set.ignored.map(\.name) == ["text_named.jpg", "zero_bytes.jpg"])
        #expect(set.warnings.contains { $0.hasPrefix("jpeg_truncated_half.jpg") && $0.hasSuffix("it is cut off") })
        #expect(set.warnings.contains("really_a_png.jpg: the name does not fit the content"))
        #expect(set.acquired == .init(year: 2005, month: 8, day: 13))
    }
}
