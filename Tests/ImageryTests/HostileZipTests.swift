import Failures
import Foundation
import Imagery
import Testing

/// What strangers may put into a ZIP archive. Each is refused as a whole, and nothing stays behind.
@Suite struct HostileZipTests {
    private static let photos = (0..<3).map { ("DJI_000\($0).JPG", TestPhoto(seed: $0).jpeg()) }

    /// Unpacks photos with one more entry; returns the failure.
    private func refusal(
        limits: UnpackLimits = UnpackLimits(), of change: (inout ZipBuilder) -> Void
    ) throws -> Failure? {
        var zip = ZipBuilder(Self.photos)
        change(&zip)
        return try refusal(of: zip.bytes(), limits: limits)
    }

    private func refusal(of archive: [UInt8], limits: UnpackLimits = UnpackLimits()) throws -> Failure? {
        let folder = try TemporaryFolder()
        let path = try folder.write(archive, to: "set.zip")
        let failure = #expect(throws: Failure.self) {
            try ImageSet.unpack(path: path, into: folder.path + "/out", limits: limits)
        }
        #expect(folder.list() == ["set.zip"])
        #expect(failure?.retry == .never)
        #expect(failure.map { !$0.sentence.contains(folder.path) } ?? true)
        return failure
    }

    @Test func theSamePhotosUnpackWhenNothingIsWrong() throws {
        let folder = try TemporaryFolder()
        let path = try folder.write(ZipBuilder(Self.photos).bytes(), to: "set.zip")
        let result = try ImageSet.unpack(path: path, into: folder.path + "/out")
        #expect(result.photos.map(\.file) == Self.photos.map(\.0))
        #expect(try folder.bytes("out/images/DJI_0002.JPG") == Self.photos[2].1)
    }

    @Test(arguments: [
        ("../evil.jpg", "leads out"), ("a/../../evil.jpg", "leads out"), ("a\\..\\..\\evil.jpg", "leads out"),
        ("..", "leads out"), ("/etc/evil.jpg", "absolute"), ("\\evil.jpg", "absolute"), ("C:\\evil.jpg", "absolute"),
        ("evil.jpg\0.txt", "NUL"), ("", "empty"),
    ])
    func refusesNamesThatLeaveTheFolder(name: String, reason: String) throws {
        let failure = try refusal { $0.add(name, [1]) }
        #expect(failure?.code == "zip_name_unsafe")
        #expect(failure?.sentence.contains(reason) == true)
    }

    @Test func refusesNamesThatNoFileSystemTakes() throws {
        #expect(try refusal { $0.add(String(repeating: "n", count: 300) + ".jpg", [1]) }?.code == "zip_name_too_long")
        let deep = String(repeating: "d/", count: 40) + "a.jpg"
        #expect(try refusal { $0.add(deep, [1]) }?.code == "zip_name_too_long")
    }

    @Test(arguments: [
        (0o120777, "zip_symbolic_link"), (0o020666, "zip_special_file"), (0o060666, "zip_special_file"),
        (0o010666, "zip_special_file"), (0o140666, "zip_special_file"),
    ])
    func refusesLinksAndDevices(mode: Int, code: String) throws {
        let failure = try refusal { $0.add("link.jpg", Array("/etc/passwd".utf8)) { $0.mode = mode } }
        #expect(failure?.code == code)
        #expect(failure?.sentence.contains("link.jpg") == true)
    }

    @Test func refusesEncryptedEntries() throws {
        let failure = try refusal { $0.add("secret.jpg", [1, 2, 3]) { $0.flags = 0x0801 } }
        #expect(failure?.code == "zip_encrypted")
        #expect(failure?.sentence == "secret.jpg is encrypted; pack the archive without a password")
    }

    @Test func namesTheMethodsItCannotRead() throws {
        let failure = try refusal { zip in
            for index in 0..<3 { zip.add("\(index).jpg", [1]) { $0.method = 9 } }
            zip.add("b.jpg", [1]) { $0.method = 12 }
            zip.add("l.jpg", [1]) { $0.method = 14 }
            zip.add("x.jpg", [1]) { $0.method = 77 }
        }
        #expect(failure?.code == "zip_unsupported_method")
        #expect(
            failure?.sentence
                == "unsupported ZIP compression method(s): deflate64 (method 9, 3 file(s)), bzip2 (method 12, 1 file(s)), "
                + "lzma (method 14, 1 file(s)), (method 77, 1 file(s)); please re-compress the archive with stored or "
                + "deflate")
    }

    @Test func refusesBombsByRatio() throws {
        var limits = UnpackLimits()
        limits.maximumRatio = 100
        limits.ratioFreeBytes = 1 << 20
        let bomb = Deflate.zeros(runs: 8000)
        let failure = try refusal(limits: limits) {
            $0.add("bomb.jpg", [UInt8](repeating: 0, count: 1 + 258 * 8000)) {
                $0.method = 8
                $0.packed = bomb
            }
        }
        #expect(failure?.code == "zip_bomb" && failure?.sentence.contains("bomb.jpg") == true)
    }

    @Test func refusesManySmallBombsByTheirSum() throws {
        var limits = UnpackLimits()
        limits.maximumRatio = 100
        limits.ratioFreeBytes = 1 << 20
        let failure = try refusal(limits: limits) { zip in
            for index in 0..<40 {
                zip.add("\(index).jpg", [UInt8](repeating: 0, count: 1 + 258 * 400)) {
                    $0.method = 8
                    $0.packed = Deflate.zeros(runs: 400)
                }
            }
        }
        #expect(failure?.code == "zip_bomb" && failure?.sentence.contains("the archive") == true)
    }

    @Test func refusesBombsByTotalAndByFile() throws {
        var limits = UnpackLimits()
        limits.maximumTotalBytes = 2000
        #expect(try refusal(limits: limits) { _ in }?.code == "set_too_large")
        limits = UnpackLimits()
        limits.maximumFileBytes = 300
        #expect(try refusal(limits: limits) { _ in }?.code == "file_too_large")
        limits.maximumFileBytes = 2000
        let folder = try TemporaryFolder()
        let film = try folder.write(
            ZipBuilder(Self.photos + [("a.mp4", Array(repeating: 1, count: 3000))]).bytes(), to: "z")
        #expect(try ImageSet.scan(path: film, limits: limits).photos.count == 3)
    }

    /// The directory promises little, the stream holds much.
    @Test func stopsAtThePromisedSizeWhileInflating() throws {
        let head = TestPhoto(seed: 4).jpeg()
        let failure = try refusal {
            $0.add("liar.jpg", head) {
                $0.method = 8
                $0.packed = Deflate.stored(head + [UInt8](repeating: 7, count: 3 << 20))
            }
        }
        #expect(failure?.code == "zip_size_lie" && failure?.sentence.hasPrefix("liar.jpg") == true)
    }

    @Test func noticesEntriesThatAreShorterThanPromised() throws {
        let head = TestPhoto().jpeg()
        let failure = try refusal {
            $0.add("short.jpg", head) {
                $0.method = 8
                $0.packed = Deflate.stored(head)
                $0.statedSize = head.count + 1000
            }
        }
        #expect(failure?.code == "zip_size_lie")
        let stored = try refusal { $0.add("stored.jpg", head) { $0.statedSize = 99_999 } }
        #expect(stored?.code == "zip_size_lie")
    }

    @Test func refusesEntriesThatShareTheirBytes() throws {
        let failure = try refusal { $0.add("DJI_0000.JPG", Self.photos[0].1) { $0.sharesHeaderOf = 0 } }
        #expect(failure?.code == "zip_overlap")
    }

    /// An entry whose packed bytes contain the next entry's header and data, quoted by a stored block.
    @Test func refusesEntriesThatQuoteTheNext() throws {
        var inner = ZipBuilder(Self.photos)
        inner.add("inner.jpg", TestPhoto(seed: 8).jpeg())
        let whole = inner.bytes()
        let start = try #require(whole.firstRange(of: Array("PK\u{3}\u{4}".utf8)))
        var outer = ZipBuilder()
        outer.add("outer.jpg", Array(whole[start.lowerBound...])) { _ in }
        outer.add("DJI_0000.JPG", Self.photos[0].1) { $0.sharesHeaderOf = nil }
        var bytes = outer.bytes()
        // The second entry's directory record points at the header that the first one quotes.
        let record = try #require(bytes.lastRange(of: Array("PK\u{1}\u{2}".utf8))).lowerBound
        let quoted = 30 + "outer.jpg".utf8.count
        bytes.replaceSubrange(record + 42..<record + 46, with: [UInt8(quoted), 0, 0, 0])
        #expect(try refusal(of: bytes)?.code == "zip_overlap")
    }

    @Test func findsDamagedBytesByTheirChecksum() throws {
        for method in [0, 8] {
            let photo = TestPhoto(seed: 5).jpeg()
            var damaged = photo
            damaged[damaged.count - 20] ^= 0x40
            let failure = try refusal {
                $0.add("damaged.jpg", photo) {
                    $0.method = method
                    $0.packed = method == 8 ? Deflate.stored(damaged) : damaged
                }
            }
            #expect(failure?.code == "zip_checksum" && failure?.sentence.hasPrefix("damaged.jpg") == true)
        }
        let torn = try refusal { $0.add("torn.jpg", [1, 2, 3]) { ($0.method, $0.packed) = (8, [0xFF, 0xFF, 0xFF]) } }
        #expect(torn?.code == "zip_entry_damaged")
    }

    @Test func refusesMoreEntriesThanAllowed() throws {
        var limits = UnpackLimits()
        limits.maximumEntries = 100
        let many: (inout ZipBuilder) -> Void = { zip in for index in 0..<98 { zip.add("\(index).txt", []) } }
        #expect(try refusal(limits: limits, of: many)?.code == "zip_too_many_entries")
        let lying = try refusal(limits: limits) { zip in
            many(&zip)
            zip.statedCount = 3
        }
        #expect(lying?.code == "zip_too_many_entries")
    }

    @Test func refusesWhatIsNoZipOrOnlyHalfOfOne() throws {
        let whole = ZipBuilder(Self.photos).bytes()
        for count in [0, 1, 21, 22, 500, whole.count - 1] {
            let failure = try refusal(of: Array(whole.prefix(count)))
            #expect(failure?.code == "zip_invalid")
            #expect(failure?.sentence.hasPrefix("invalid ZIP archive: ") == true)
        }
        #expect(try refusal { $0.statedCount = 2 }?.code == "zip_invalid")
        let twoNames = try refusal { $0.add("one.jpg", [1]) { $0.localName = Array("two.jpg".utf8) } }
        #expect(twoNames?.code == "zip_invalid")
    }

    @Test func survivesDamagedDirectories() throws {
        let folder = try TemporaryFolder()
        var builder = ZipBuilder(Self.photos)
        builder.add("wide.jpg", TestPhoto(seed: 4).jpeg()) { $0.isWide = true }
        builder.isWide = true
        let whole = builder.bytes()
        let directory = try #require(whole.firstRange(of: Array("PK\u{1}\u{2}".utf8))).lowerBound
        var random = SplitMix(state: 3)
        var refused = 0
        for round in 0..<1500 {
            var damaged = whole
            for _ in 0..<random.below(4) + 1 {
                damaged[directory + random.below(damaged.count - directory)] = UInt8(random.below(256))
            }
            let path = try folder.write(damaged, to: "\(round % 2).zip")
            do { _ = try ImageSet.scan(path: path) } catch { refused += 1 }
        }
        #expect(refused > 500 && refused < 1500)
    }

    @Test func refusesFewerThanThreePhotos() throws {
        let two = ZipBuilder(Array(Self.photos.prefix(2)) + [("notes.txt", [65])])
        #expect(try refusal(of: two.bytes())?.code == "too_few_photos")
        let copies = ZipBuilder(Array(Self.photos.prefix(2)) + [("copy.jpg", Self.photos[0].1)])
        let failure = try refusal(of: copies.bytes())
        #expect(failure?.sentence.hasPrefix("only 2 photos were found, at least 3") == true)
    }
}
