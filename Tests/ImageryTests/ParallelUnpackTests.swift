import Failures
import Foundation
import Imagery
import Synchronization
import Testing

/// Several entries unpacked at once: nobody can tell from the outcome.
@Suite(.timeLimit(.minutes(2))) struct ParallelUnpackTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func photos(_ count: Int) -> [(String, [UInt8])] {
        (0..<count).map { ("DJI_\(100 + $0).JPG", TestPhoto(seed: $0, bulk: 600 + $0 * 1500).jpeg()) }
    }

    private func files(in name: String) throws -> [String: [UInt8]] {
        var files: [String: [UInt8]] = [:]
        for file in folder.list(name) where !file.isEmpty && file != "images" {
            files[file] = try folder.bytes("\(name)/\(file)")
        }
        return files
    }

    /// The failure of unpacking on many threads, after which nothing is left.
    private func refusal(of zip: ZipBuilder, progress: (Double) -> Void = { _ in }) throws -> Failure? {
        let path = try folder.write(zip.bytes(), to: "set.zip")
        var limits = UnpackLimits()
        limits.diskReserve = 0
        let failure = #expect(throws: Failure.self) {
            try ImageSet.unpack(path: path, into: folder.path + "/out", limits: limits, threads: 8, progress: progress)
        }
        #expect(folder.list() == ["set.zip"])
        return failure
    }

    /// A set with one of everything, clashing names and a photo that was cut off among it.
    private func mixedSet() throws -> String {
        var zip = ZipBuilder(photos(40))
        for (index, entry) in zip.entries.enumerated() where index % 3 == 0 {
            zip.entries[index].packed = Deflate.stored(entry.content)
            zip.entries[index].method = 8
        }
        zip.add("a/P.JPG", TestPhoto(seed: 90).jpeg())
        zip.add("a/p.jpg", TestPhoto(seed: 91).jpeg())
        zip.add("b/P.JPG", TestPhoto(seed: 92).jpeg())
        zip.add("copy.jpg", photos(1)[0].1)
        zip.add("a/P_mask.png", TestPhoto(seed: 93).jpeg())
        zip.add("flight.MRK", Array("1\t1.0\t[2]\t1,N\t1,E\t1,V\t46.8,Lat\t-91.9,Lon\t200,Ellh\t1, 1, 1\t50,Q\n".utf8))
        zip.add("geo.txt", Array("EPSG:4326\nDJI_100.JPG 7.85 47.8\n".utf8))
        zip.add("text.jpg", Array("no photo".utf8))
        let torn = Array(TestPhoto(seed: 94, bulk: 9000).jpeg().dropLast(2000))
        for number in 0..<2 {
            zip.add("torn\(number).jpg", torn + [UInt8(number)]) {
                ($0.method, $0.packed) = (8, Deflate.stored($0.content))
            }
        }
        return try folder.write(zip.bytes(), to: "set.zip")
    }

    @Test func theOutcomeIsThatOfOneThreadByteForByte() throws {
        let path = try mixedSet()
        let alone = try ImageSet.unpack(path: path, into: folder.path + "/alone", threads: 1)
        let together = try ImageSet.unpack(path: path, into: folder.path + "/together", threads: 8)
        #expect(alone == together)
        #expect(alone.photos.count == 43 && alone.set.duplicates.count == 1 && alone.set.masks == ["a/P_mask.png"])
        #expect(alone.warnings.contains { $0.hasPrefix("torn0.jpg") && $0.hasSuffix("it is cut off") })
        let (first, second) = (try files(in: "alone"), try files(in: "together"))
        #expect(first == second && first.count == 43 + 3)
        // Names that differ only in their case are two files.
        #expect(Set(alone.photos.filter { $0.name.hasPrefix("a/") }.map { $0.file.lowercased() }).count == 2)
        let scans = try [1, 3, 8].map { try ImageSet.scan(path: path, threads: $0) }
        #expect(scans.allSatisfy { $0 == alone.set })
    }

    /// One photo and two of many bytes, whose checksums are wrong.
    private func longSet(groups: Int) -> ZipBuilder {
        var zip = ZipBuilder(photos(1))
        for number in 0..<2 {
            let long = Deflate.endless(TestPhoto(seed: number).jpeg(), groups: groups)
            zip.add("long\(number).jpg", []) {
                ($0.method, $0.packed, $0.statedSize) = (8, long.packed, long.size)
                // With one and the same they would be copies.
                $0.statedChecksum = UInt32(number)
            }
        }
        return zip
    }

    @Test func progressNeverGoesBack() throws {
        var seen: [Double] = []
        let note = { (value: Double) in seen.append(value) }
        _ = try ImageSet.unpack(path: mixedSet(), into: folder.path + "/out", threads: 8, progress: note)
        #expect(seen == seen.sorted() && seen.last == 1 && seen.count > 43)
        #expect(seen.allSatisfy { (0...1).contains($0) })
    }

    /// Whoever hears of it keeps what it has heard without a lock.
    @Test func progressComesFromOneThreadAtATime() throws {
        let inside = Mutex(0)
        var (last, overlaps, returns) = (0.0, 0, 0)
        let failure = try refusal(of: longSet(groups: 25_000)) { value in
            if inside.withLock({ count -> Int in
                count += 1; return count
            }) != 1 {
                overlaps += 1
            }
            // Long enough to be met in here.
            _ = Checksum.crc32([UInt8](repeating: 1, count: 400))
            if value < last { returns += 1 }
            last = value
            inside.withLock { $0 -= 1 }
        }
        #expect(failure?.code == "zip_checksum" && failure?.sentence.hasPrefix("long0.jpg") == true)
        #expect(overlaps == 0 && returns == 0 && last > 0.5)
    }

    /// The first of them takes long and is found out last.
    @Test(arguments: [0, 8]) func ofSeveralDamagedPhotosTheFirstIsNamed(method: Int) throws {
        var zip = ZipBuilder(photos(20))
        zip.entries[5].content += [UInt8](repeating: 7, count: 4 << 20)
        for index in [5, 6, 12] { zip.entries[index].statedChecksum = 1 }
        for index in zip.entries.indices where method == 8 {
            zip.entries[index].packed = Deflate.stored(zip.entries[index].content)
            zip.entries[index].method = 8
        }
        for _ in 0..<20 {
            let failure = try refusal(of: zip)
            #expect(failure?.code == "zip_checksum" && failure?.sentence.hasPrefix("DJI_105.JPG") == true)
        }
    }

    /// The directory promises little, the seventh stream holds much. What lies on disk is never more than was promised.
    @Test func aBombAmongOthersIsStoppedAtWhatItPromised() throws {
        var zip = ZipBuilder(photos(20))
        let bomb = Deflate.endless(TestPhoto(seed: 7).jpeg(), groups: 100_000)
        zip.entries[6].method = 8
        zip.entries[6].packed = bomb.packed
        let promised = zip.entries.reduce(0) { $0 + $1.content.count }
        var most = 0
        let failure = try refusal(of: zip) { _ in
            let images = folder.path + "/out/.unpacking/images"
            // Not there while scanning.
            let names = FileManager.default.enumerator(atPath: images)?.allObjects as? [String] ?? []
            let sizes = names.map { name in
                var status = stat()
                return stat("\(images)/\(name)", &status) == 0 ? Int(status.st_size) : 0
            }
            most = max(most, sizes.reduce(0, +))
        }
        #expect(failure?.code == "zip_size_lie" && failure?.sentence.hasPrefix("DJI_106.JPG") == true)
        #expect(most > 0 && most <= promised)
    }

    @Test func bombsThatTheDirectoryShowsAreRefusedBeforeAnythingIsWritten() throws {
        var zip = ZipBuilder(photos(20))
        zip.add("bomb.jpg", []) {
            ($0.method, $0.packed, $0.statedSize) = (8, Deflate.stored([1, 2, 3]), 101 << 20)
        }
        var furthest = 0.0
        let failure = try refusal(of: zip) { furthest = $0 }
        #expect(failure?.code == "zip_bomb" && furthest <= 0.05)
    }

    /// What is in flight beside a damaged photo ends too: here 2 GB.
    @Test func whatComesAfterADamagedPhotoStops() throws {
        var zip = longSet(groups: 500_000)
        // So long that the next one is begun beside it.
        zip.entries[0].content += [UInt8](repeating: 7, count: 16 << 20)
        zip.entries[0].statedChecksum = 1
        var furthest = 0.0
        let failure = try refusal(of: zip) { furthest = $0 }
        #expect(failure?.code == "zip_checksum" && failure?.sentence.hasPrefix("DJI_100.JPG") == true)
        #expect(furthest < 0.3)
    }
}
