import Failures
import Foundation
import Imagery
import Testing

/// What is in a set of photos, and how it is laid out for ODM.
@Suite struct ImageSetTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func zip(_ files: [(String, [UInt8])]) throws -> String {
        try folder.write(ZipBuilder(files).bytes(), to: "set.zip")
    }

    private func three() -> [(String, [UInt8])] { (0..<3).map { ("P\($0).JPG", TestPhoto(seed: $0).jpeg()) } }

    @Test func describesTheSetByWhatIsCommonAndWhatVaries() throws {
        var photos = (0..<4).map {
            TestPhoto(taken: "2024:05:1\(7 - $0 / 2) 10:20:3\($0)", iso: 100 + $0 * 50, seed: $0)
        }
        photos[1].latitude = (489_000, "S")
        photos[3].latitude = nil
        let set = try ImageSet.scan(path: zip(photos.enumerated().map { ("flight/\($0).jpg", $1.jpeg()) }))
        #expect(set.photos.map(\.name) == ["flight/0.jpg", "flight/1.jpg", "flight/2.jpg", "flight/3.jpg"])
        #expect(set.formats == ["jpeg": 4] && set.sizes == ["40x30": 4])
        #expect(set.cameras.count == 1 && set.cameras[0].model == "T1" && set.cameras[0].photos == 4)
        let gps = try #require(set.gps)
        #expect(gps.photos == 3 && gps.south == -48.9 && gps.north == 47.8 && gps.west == 7.85 && gps.east == 7.85)
        #expect(gps.lowest == 350.5 && gps.highest == 350.5)
        #expect(set.acquired == .init(year: 2024, month: 5, day: 16))
        #expect(set.from == "2024-05-16T10:20:32" && set.to == "2024-05-17T10:20:31")
        #expect(set.refusal == nil)
        #expect(set.warnings.first == "1 of 4 photos has no GPS position")
        let metadata = set.cameraMetadata
        #expect(metadata.fields["Make"] == .text("Testcam") && metadata.fields["FocalLength"] == .number(8.8))
        #expect(metadata.fields["ISOSpeedRatings"] == .text("100 to 250"))
        #expect(metadata.fields["DateTimeOriginal"] == .text("2024:05:16 10:20:32 to 2024:05:17 10:20:31"))
        let speeds = try #require(metadata.set.varying["ISOSpeedRatings"])
        #expect(speeds.min == 100 && speeds.max == 250 && speeds.values == nil && speeds.photos == 4)
        #expect(metadata.set.varying["GPSLatitude"]?.photos == 3)
        #expect(metadata.set.varying["DateTimeOriginal"]?.values?.count == 4)
    }

    @Test func metadataIsAFlatObjectInJSON() throws {
        let set = try ImageSet.scan(path: zip(three()))
        let json = try JSONEncoder().encode(set.cameraMetadata)
        let object = try #require(try JSONSerialization.jsonObject(with: json) as? [String: Any])
        #expect(object["Make"] as? String == "Testcam" && object["FocalLength"] as? Double == 8.8)
        #expect((object["image_set"] as? [String: Any])?["photos"] as? Int == 3)
        #expect(try JSONDecoder().decode(CameraMetadata.self, from: json) == set.cameraMetadata)
        #expect(try JSONDecoder().decode(ImageSet.self, from: JSONEncoder().encode(set)) == set)
    }

    @Test func keepsPhotosOfTheSameNameApart() throws {
        let names = [
            "DCIM/100MEDIA/DJI_0001.JPG", "DCIM/101MEDIA/DJI_0001.JPG", "DCIM/101MEDIA/dji_0001.jpg",
            "DCIM/101MEDIA/DJI_0002.JPG", "b/101MEDIA/DJI_0001.JPG",
        ]
        let files = names.enumerated().map { ($1, TestPhoto(seed: $0).jpeg()) }
        let path = try zip(files.reversed())
        let result = try ImageSet.unpack(path: path, into: folder.path + "/out")
        let byName = Dictionary(uniqueKeysWithValues: result.photos.map { ($0.name, $0.file) })
        #expect(
            byName == [
                names[0]: "100MEDIA_DJI_0001.JPG", names[1]: "DCIM_101MEDIA_DJI_0001_2.JPG",
                names[2]: "DCIM_101MEDIA_dji_0001_3.jpg", names[3]: "DJI_0002.JPG", names[4]: "b_101MEDIA_DJI_0001.JPG",
            ])
        for (name, bytes) in files { #expect(try folder.bytes("out/images/" + #require(byName[name])) == bytes) }
        #expect(result.set.clashes == [[names[0], names[1], names[2], names[4]].sorted()])
        #expect(folder.list("out").count == 6)
    }

    @Test func givesPhotosNamesThatEverybodyTakes() throws {
        let names = ["Überflug Süd 1.JPG", "-rf.jpg", "a'b;$(c).jpeg", "looks_like_a.png", "field_mask.jpg", "plain"]
        let path = try zip(names.enumerated().map { ($1, TestPhoto(seed: $0).jpeg()) })
        let files = try ImageSet.unpack(path: path, into: folder.path + "/out").photos
        let byName = Dictionary(uniqueKeysWithValues: files.map { ($0.name, $0.file) })
        #expect(
            byName == [
                names[0]: "Uberflug_Sud_1.JPG", names[1]: "_rf.jpg", names[2]: "a_b___c_.jpeg",
                names[3]: "looks_like_a.jpg", names[4]: "field_mask_photo.jpg", names[5]: "plain.jpg",
            ])
    }

    @Test func unpacksPhotosMasksAndSidecarsAndNothingElse() throws {
        let gcp = Array("EPSG:4326\n".utf8)
        let files: [(String, [UInt8])] =
            three() + [
                ("P0_MASK.jpg", TestPhoto(seed: 20).jpeg()), ("rtk/flight.MRK", Array("x".utf8)), ("flight.rtk", [1]),
                ("flight.obs", [1]), ("survey/gcp_list.txt", gcp), ("options.json", [1]), ("images.json", [1]),
                ("image_groups.txt", [1]), ("align.las", [1]), ("video.MP4", [1]), ("inner.zip", [1]),
                ("__MACOSX/._P0.JPG", [1]), (".DS_Store", [1]), ("Thumbs.db", [1]), ("empty.jpg", []),
                ("text.jpg", Array("no photo".utf8)), ("notes/", []),
            ]
        let result = try ImageSet.unpack(path: zip(files), into: folder.path + "/out")
        #expect(
            folder.list("out") == [
                "flight.MRK", "flight.rtk", "gcp_list.txt", "images", "images/P0.JPG", "images/P0_mask.jpg",
                "images/P1.JPG", "images/P2.JPG",
            ])
        #expect(try folder.bytes("out/gcp_list.txt") == gcp)
        #expect(result.photos.count == 3 && result.set.masks == ["P0_MASK.jpg"])
        #expect(result.set.rtk?.files == ["MRK": 1, "RTK": 1])
        let reasons = Dictionary(uniqueKeysWithValues: result.set.ignored.map { ($0.name, $0.reason) })
        #expect(reasons["video.MP4"] == .video && reasons["inner.zip"] == .nestedArchive)
        #expect(reasons["empty.jpg"] == .empty && reasons["text.jpg"] == .notAPhoto)
        #expect(reasons["__MACOSX/._P0.JPG"] == .systemFile && reasons["options.json"] == .notAPhoto)
        #expect(result.set.warnings.contains("inner.zip: ignored (archive within the archive)"))
    }

    @Test func leavesOutCopiesAndMultispectralBands() throws {
        let files = three() + [("copy/P0.JPG", three()[0].1), ("P0_MS_NIR.TIF", TestPhoto(seed: 5).tiff())]
        let result = try ImageSet.unpack(path: zip(files), into: folder.path + "/out")
        #expect(result.set.duplicates.map(\.name) == ["copy/P0.JPG"])
        #expect(result.set.duplicates.map(\.original) == ["P0.JPG"])
        #expect(result.set.clashes.isEmpty)
        #expect(folder.list("out/images") == ["P0.JPG", "P1.JPG", "P2.JPG"])
        let chosen = try ImageSet.unpack(
            path: zip(files), into: folder.path + "/chosen", limits: atLeast(1),
            choose: { $0.selection { $0.name == "P1.JPG" } })
        #expect(chosen.photos.map(\.file) == ["P1.JPG"])
    }

    private func atLeast(_ photos: Int) -> UnpackLimits {
        var limits = UnpackLimits()
        limits.minimumPhotos = photos
        return limits
    }

    @Test func foldersAreLinkedAndTheirLinksNotFollowed() throws {
        for (name, bytes) in three() { _ = try folder.write(bytes, to: "in/sub/\(name)") }
        _ = try folder.write(TestPhoto(seed: 9).jpeg(), to: "outside.jpg")
        try FileManager.default.createSymbolicLink(
            atPath: folder.path + "/in/link.jpg", withDestinationPath: folder.path + "/outside.jpg")
        try FileManager.default.createSymbolicLink(
            atPath: folder.path + "/in/loop", withDestinationPath: folder.path + "/in")
        let alias = folder.path + "/alias"
        try FileManager.default.createSymbolicLink(atPath: alias, withDestinationPath: folder.path + "/in")
        let result = try ImageSet.unpack(path: alias, into: folder.path + "/out")
        #expect(folder.list("out/images") == ["P0.JPG", "P1.JPG", "P2.JPG"])
        #expect(result.set.ignored.map(\.name) == ["link.jpg", "loop"])
        let inode: (String) throws -> Int? = { path in
            try FileManager.default.attributesOfItem(atPath: path)[.systemFileNumber] as? Int
        }
        #expect(try inode(folder.path + "/out/images/P1.JPG") == inode(folder.path + "/in/sub/P1.JPG"))
    }

    @Test func findsCopiesInFoldersByTheirContent() throws {
        for (name, bytes) in three() { _ = try folder.write(bytes, to: "in/\(name)") }
        _ = try folder.write(three()[1].1, to: "in/again.jpg")
        let set = try ImageSet.scan(path: folder.path + "/in")
        #expect(set.duplicates.map(\.name) == ["again.jpg"] && set.duplicates.map(\.original) == ["P1.JPG"])
        #expect(set.photos.count == 4)
    }

    @Test func readsZIP64AndDeflatedArchives() throws {
        var builder = ZipBuilder()
        for (name, bytes) in three() {
            builder.add(name, bytes) {
                $0.isWide = true
                $0.method = 8
                $0.packed = Deflate.stored(bytes)
            }
        }
        builder.isWide = true
        let path = try folder.write(builder.bytes(), to: "wide.zip")
        let result = try ImageSet.unpack(path: path, into: folder.path + "/out")
        #expect(result.photos.count == 3 && result.set.gps?.photos == 3)
        #expect(try folder.bytes("out/images/P2.JPG") == three()[2].1)
    }

    @Test func readsTIFFAndDNGWhereverTheirDirectoriesAre() throws {
        for (gap, isPacked) in [(0, false), (300_000, false), (300_000, true)] {
            var builder = ZipBuilder()
            let photos = [
                ("a.tif", TestPhoto(isBigEndian: true).tiff(gap: gap)),
                ("b.dng", TestPhoto().tiff(gap: gap, isDNG: true)),
                ("c.tiff", TestPhoto(seed: 2).tiff(gap: gap + 4)),
            ]
            for (name, bytes) in photos {
                builder.add(name, bytes) {
                    if isPacked { ($0.method, $0.packed) = (8, Deflate.stored(bytes)) }
                }
            }
            let set = try ImageSet.scan(path: folder.write(builder.bytes(), to: "\(gap)\(isPacked).zip"))
            #expect(set.formats == ["tiff": 2, "dng": 1])
            #expect(set.sizes == ["40x30": 2, "400x300": 1])
            for photo in set.photos.map(\.metadata) {
                #expect(photo.model == "T1" && photo.latitude == 47.8 && photo.focalLength == 8.8 && photo.iso == 100)
                #expect(photo.takenAt == "2024-05-17T10:20:30" && photo.altitude == 350.5)
            }
        }
    }

    @Test func readsMetadataBehindTheFirst64KiB() throws {
        let xmp =
            "<x drone-dji:GimbalPitchDegree=\"-88.5\" drone-dji:RelativeAltitude='+61.20'>"
            + "<Camera:BandName><rdf:Seq><rdf:li>NIR</rdf:li></rdf:Seq></Camera:BandName></x>"
        let photo = TestPhoto(xmp: xmp).jpeg()
        let preview = [0xFF, 0xE2, 0xFF, 0xFF] + [UInt8](repeating: 1, count: 65_533)
        let late = photo.prefix(2) + preview + preview + photo.dropFirst(2)
        for isPacked in [false, true] {
            var builder = ZipBuilder(three())
            builder.add("late.jpg", Array(late)) {
                if isPacked { ($0.method, $0.packed) = (8, Deflate.stored(Array(late))) }
            }
            let set = try ImageSet.scan(path: folder.write(builder.bytes(), to: "late\(isPacked).zip"))
            let metadata = try #require(set.photos.last { $0.name == "late.jpg" }).metadata
            #expect(metadata.gimbalPitch == -88.5 && metadata.relativeAltitude == 61.2 && metadata.bandName == "NIR")
            #expect(metadata.latitude == 47.8 && metadata.width == 40)
        }
    }

    @Test func leavesNothingWhenThePlaceIsTakenOrTheDiskIsFull() throws {
        let path = try zip(three())
        _ = try ImageSet.unpack(path: path, into: folder.path + "/out")
        let again = #expect(throws: Failure.self) { try ImageSet.unpack(path: path, into: folder.path + "/out") }
        #expect(again?.code == "already_unpacked")
        #expect(folder.list("out/images").count == 3)
        var limits = UnpackLimits()
        limits.diskReserve = 1 << 60
        let full = #expect(throws: Failure.self) {
            try ImageSet.unpack(path: path, into: folder.path + "/full", limits: limits)
        }
        #expect(full?.code == "disk_full" && full?.retry == .later)
        #expect(!FileManager.default.fileExists(atPath: folder.path + "/full"))
    }

    @Test func progressNeverGoesBack() throws {
        var seen: [Double] = []
        _ = try ImageSet.unpack(path: zip(three()), into: folder.path + "/out", progress: { seen.append($0) })
        #expect(seen.count > 5 && seen == seen.sorted() && seen.last == 1)
    }

    @Test func saysWhatIsWrongWithPositionsDatesAndCameras() throws {
        var photos = (0..<3).map { TestPhoto(seed: $0) }
        photos[0].taken = "2097:01:01 00:00:00"
        photos[1].latitude = nil
        photos[2].model = "T2"
        photos[2].latitude = (0, "N")
        photos[2].longitude = (0, "E")
        let set = try ImageSet.scan(path: zip(photos.enumerated().map { ("\($0).jpg", $1.jpeg()) }))
        #expect(set.acquired == .init(year: 2024, month: 5, day: 17))
        #expect(
            set.warnings == [
                "2 of 3 photos have no GPS position",
                "2.jpg: its GPS position is 0 N 0 E, which means that there was no fix",
                "the photos come from 2 different cameras",
            ])
    }
}
