import Failures
import Foundation
import Imagery
import Testing

/// Reading single photos, real ones and ones that were broken on purpose.
@Suite(.enabled(if: SharedData.isThere)) struct PhotoMetadataTests {
    private func read(_ name: String) throws -> PhotoFacts {
        try PhotoReader.read(path: SharedData.path("exif_edge/\(name).jpg"))
    }

    @Test func readsWhatADroneWrites() throws {
        let facts = try PhotoReader.read(path: SharedData.path("brighton_beach_original_one/DJI_0026.JPG"))
        let photo = facts.metadata
        #expect(facts.format == .jpeg)
        #expect(photo.width == 4000 && photo.height == 2250)
        #expect(photo.make == "DJI" && photo.model == "FC300S" && photo.orientation == 1)
        #expect(photo.takenAt == "2016-06-23T16:32:57")
        #expect(abs((photo.latitude ?? 0) - 46.84269025) < 1e-8)
        #expect(abs((photo.longitude ?? 0) + 91.9939543889) < 1e-8)
        #expect(photo.altitude == 198.609 && photo.relativeAltitude == 40.1)
        #expect(photo.focalLength == 3.61 && photo.focalLength35 == 20)
        #expect(photo.fNumber == 2.8 && photo.iso == 100 && photo.exposureTime == 0.002574)
        #expect(photo.gimbalPitch == -89.9 && photo.gimbalYaw == 228 && photo.gimbalRoll == 0)
        #expect(abs((photo.flightYaw ?? 0) - 230.1) < 1e-9)
        #expect(photo.rtkFlag == nil && photo.bandName == nil)
        #expect(facts.warnings.isEmpty)
    }

    @Test func tagsAreReadableAndWithoutMakerNote() throws {
        let tags = try read("ok_baseline_640").tags
        #expect(tags["Make"] == .text("DJI"))
        #expect(tags["FocalLength"] == .number(3.61))
        #expect(tags["XPComment"] == .text("0.9.138"))
        #expect(tags["ExifVersion"] == .text("0230"))
        #expect(tags["MakerNote"] == nil && tags["Padding"] == nil)
        #expect(tags["GPSLongitude"]?.double.map { $0 < -91 } == true)
        let json = try JSONEncoder().encode(tags)
        #expect(try JSONDecoder().decode([String: TagValue].self, from: json) == tags)
    }

    @Test func southAndWestAreNegative() throws {
        let chile = try read("gps_south_west_chile").metadata
        #expect(abs((chile.latitude ?? 0) + 33.4489) < 1e-6 && abs((chile.longitude ?? 0) + 70.6693) < 1e-6)
        let sydney = try read("gps_south_east_sydney").metadata
        #expect(abs((sydney.latitude ?? 0) + 33.8688) < 1e-6 && abs((sydney.longitude ?? 0) - 151.2093) < 1e-6)
        let kenya = try read("real_ianare_Kodak_CX7530").metadata
        #expect(abs((kenya.latitude ?? 0) + 0.3713) < 1e-6 && abs((kenya.longitude ?? 0) - 36.0564167) < 1e-6)
        #expect(try read("gps_altitude_below_sea").metadata.altitude == -12.5)
    }

    @Test(arguments: [
        ("gps_missing_refs", "its GPS position names no hemisphere"),
        ("gps_null_island_0_0", "its GPS position is 0 N 0 E, which means that there was no fix"),
        ("gps_rational_zero_over_zero", "its GPS position is not a number"),
    ])
    func nonsensePositionsBecomeNoneWithAReason(name: String, reason: String) throws {
        let facts = try read(name)
        #expect(facts.metadata.latitude == nil && facts.metadata.longitude == nil)
        #expect(facts.tags["GPSLatitude"] == nil)
        #expect(facts.warnings == [reason])
    }

    @Test func datesAreCheckedAndFallBack() throws {
        #expect(try read("date_with_offset_subsec").metadata.takenAt == "2024-02-29T23:59:59-05:00")
        #expect(try read("date_all_zero").metadata.takenAt == "2016-06-23T16:32:57")
        #expect(try read("date_none").metadata.takenAt == nil)
        #expect(try read("real_drewnoakes_FujiFilm_DX-5").metadata.takenAt == nil)
        #expect(try read("real_drewnoakes_Olympus_C4040Z").metadata.takenAt == nil)
        #expect(try read("date_future_2099").metadata.takenAt == "2099-12-31T23:59:59")
    }

    @Test func oddPhotosKeepWhatCanBeRead() throws {
        #expect(try read("orientation_6_rotated").metadata.orientation == 6)
        #expect(try read("gimbal_oblique_minus45").metadata.gimbalPitch == -45)
        #expect(try read("progressive_with_exif").metadata.width == 640)
        #expect(try read("jpeg_truncated_half").metadata.latitude != nil)
        let corrupt = try read("exif_corrupt_ifd0_offset").metadata
        #expect(corrupt.make == "DJI" && corrupt.gimbalPitch == -89.9 && corrupt.latitude == nil)
        let huge = try read("huge_makernote_64k").metadata
        #expect(huge.model == "FC300S" && huge.width == 640)
        #expect(abs((huge.latitude ?? 0) - 46.8426) < 1e-6)
        for name in ["no_exif_no_xmp", "grayscale_no_exif", "cmyk_no_exif"] {
            let facts = try read(name)
            #expect(facts.metadata.make == nil && facts.tags.isEmpty && facts.metadata.height == 360)
        }
        #expect(try read("exif_but_no_gps").metadata.latitude == nil)
    }

    @Test func contentCountsAndNotTheName() throws {
        #expect(try read("really_a_png").format == .png)
        for name in ["text_named", "zero_bytes"] {
            let failure = #expect(throws: Failure.self) { try read(name) }
            #expect(failure?.code == "photo_not_recognised")
            #expect(failure?.sentence.hasPrefix("\(name).jpg is neither") == true)
        }
    }

    @Test func readsRTKAndEveryEdgeCaseWithoutCrash() throws {
        let rtk = try PhotoReader.read(path: SharedData.path("rtk/brighton_synthetic_rtk/100_0018/100_0018_0001.JPG"))
        #expect(rtk.metadata.rtkFlag == 50)
        #expect(rtk.metadata.rtkStandardDeviation == [0.011, 0.011, 0.021])
        let names = try FileManager.default.contentsOfDirectory(atPath: SharedData.path("exif_edge"))
        #expect(names.count == 32)
        let readable = try names.filter { name in
            do { _ = try PhotoReader.read(path: SharedData.path("exif_edge/\(name)")) } catch let failure as Failure {
                #expect(failure.code == "photo_not_recognised")
                return false
            }
            return true
        }
        #expect(readable.count == 30)
    }

    /// A photo's head with bytes flipped and cut off at random, the same ones in each run.
    @Test func survivesDamagedHeads() throws {
        let original = try SharedData.bytes("rtk/brighton_synthetic_rtk/100_0018/100_0018_0001.JPG")
        let head = Array(original.prefix(24_000))
        var random = SplitMix(state: 7)
        var read = 0
        for _ in 0..<4000 {
            var damaged = head
            // Most metadata lies in the first 2 KiB, so most damage goes there.
            for _ in 0..<random.below(12) + 1 {
                damaged[random.below(random.below(4) == 0 ? damaged.count : 2048)] = UInt8(random.below(256))
            }
            if random.below(3) == 0 { damaged.removeLast(random.below(damaged.count)) }
            do { _ = try PhotoReader.read(head: damaged) } catch { continue }
            read += 1
        }
        #expect(read > 3000)
    }
}

/// A small reproducible generator. Source: https://prng.di.unimi.it/splitmix64.c
struct SplitMix {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }

    mutating func below(_ limit: Int) -> Int { Int(next() % UInt64(limit)) }
}
