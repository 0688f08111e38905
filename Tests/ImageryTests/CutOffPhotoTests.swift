import Failures
import Foundation
import Imagery
import Testing

/// Photos whose end is missing are named and left out.
@Suite struct CutOffPhotoTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    /// Whole ones first, then those that were cut off.
    private func photos(_ whole: Int, _ cut: Int) -> [(String, [UInt8])] {
        (0..<whole + cut).map { index in
            let bytes = TestPhoto(seed: index, bulk: 3000).jpeg()
            return ("P\(index).JPG", index < whole ? bytes : Array(bytes.dropLast(1500)))
        }
    }

    private func zip(_ files: [(String, [UInt8])], isPacked: Bool) throws -> String {
        var builder = ZipBuilder()
        for (name, bytes) in files {
            builder.add(name, bytes) { if isPacked { ($0.method, $0.packed) = (8, Deflate.stored(bytes)) } }
        }
        return try folder.write(builder.bytes(), to: "set.zip")
    }

    @Test(arguments: [false, true])
    func theyAreNamedAndLeftOut(_ isPacked: Bool) throws {
        let path = try zip(photos(3, 2), isPacked: isPacked)
        let result = try ImageSet.unpack(path: path, into: folder.path + "/out")
        #expect(folder.list("out/images") == ["P0.JPG", "P1.JPG", "P2.JPG"])
        #expect(result.photos.map(\.name) == ["P0.JPG", "P1.JPG", "P2.JPG"])
        #expect(result.warnings.contains("P3.JPG, P4.JPG: it is cut off"))
    }

    @Test(arguments: [false, true])
    func tooFewThatAreWholeAreRefused(_ isPacked: Bool) throws {
        let path = try zip(photos(2, 3), isPacked: isPacked)
        let failure = #expect(throws: Failure.self) { try ImageSet.unpack(path: path, into: folder.path + "/out") }
        #expect(failure?.code == "too_few_photos")
        #expect(
            failure?.sentence.hasPrefix(
                "only 2 of 5 photos can be used, at least 3 that overlap are needed: 3 are cut off or damaged (P2.JPG")
                == true
        )
        #expect(!FileManager.default.fileExists(atPath: folder.path + "/out"))
    }

    @Test func whatCamerasAppendIsNoDamage() throws {
        var files = photos(3, 0)
        // A preview or a film behind the photo, longer than what is looked through at first.
        files[0].1 += [UInt8](repeating: 7, count: 200_000)
        #expect(try ImageSet.scan(path: zip(files, isPacked: false)).selection().photos.count == 3)
        // The end of a thumbnail in the metadata is not the end of the photo.
        let cut = files[1].1
        files[1].1 = [0xFF, 0xD8, 0xFF, 0xE2, 0, 8, 0xFF, 0xD8, 0xFF, 0xD9, 1, 1] + cut.dropFirst(2).dropLast(2000)
        let set = try ImageSet.scan(path: zip(files, isPacked: false))
        #expect(set.selection().unreadable == ["P1.JPG"] && set.refusal?.code == "too_few_photos")
    }

    @Test func aCheckMayRefuseBeforeAnythingIsWritten() throws {
        let path = try zip(photos(4, 0), isPacked: false)
        let failure = #expect(throws: Failure.self) {
            try ImageSet.unpack(
                path: path, into: folder.path + "/out",
                check: { _, selection throws(Failure) in
                    throw Failure("no", "\(selection.photos.count) photos, \(selection.placed) with a position")
                })
        }
        #expect(failure?.sentence == "4 photos, 4 with a position")
        #expect(!FileManager.default.fileExists(atPath: folder.path + "/out"))
    }
}
