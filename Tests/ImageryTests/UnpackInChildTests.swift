import Failures
import Foundation
import Imagery
import NativeChild
import Tasks
import TestSupport
import Testing

/// Unpacking as it is run: by a process that may be killed, on a disk that may be full, by hand.
@Suite(.timeLimit(.minutes(2))) struct UnpackInChildTests {
    private static let photos = (0..<3).map {
        ("DJI_000\($0).JPG", TestPhoto(latitude: (478_000 + $0, "N"), seed: $0).jpeg())
    }
    private let folder: TemporaryFolder
    private var out: String { folder.path + "/out" }

    init() throws { folder = try TemporaryFolder() }

    /// What is killed cannot tidy up: the next run does, and nobody takes what lies there for photos.
    @Test func aRunThatIsCanceledWithSeveralPhotosInFlightLeavesNoPhotos() async throws {
        var zip = ZipBuilder(Self.photos)
        for number in 0..<4 {
            let long = Deflate.endless(TestPhoto(seed: number).jpeg(), groups: 250_000)
            zip.add("long\(number).jpg", []) {
                ($0.method, $0.packed, $0.statedSize) = (8, long.packed, long.size)
                // With one and the same they would be copies.
                $0.statedChecksum = UInt32(number)
            }
        }
        let work = UnpackUploadedPhotos(
            archive: try folder.write(zip.bytes(), to: "long.zip"), folder: out, diskReserve: 0)
        let (underWay, report) = AsyncStream.makeStream(of: Void.self)
        let task = Task {
            try await NativeRunner(executable: BuiltProducts.path("deadtrees")).run(work) { value in
                if value > 0.05 { report.yield() }
            }
        }
        for await _ in underWay { break }
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
        let left = folder.list("out")
        #expect(!left.contains("images"))
        #expect(left.filter { $0.hasPrefix(".unpacking/images/long") }.count >= min(2, ImageSet.defaultThreads))

        let whole = try folder.write(ZipBuilder(Self.photos).bytes(), to: "whole.zip")
        _ = try ImageSet.unpack(path: whole, into: out)
        #expect(folder.list("out") == ["images"] + Self.photos.map { "images/\($0.0)" })
    }

    @Test(.enabled(if: SmallDisk.whyNot == nil, "\(SmallDisk.whyNot ?? "")"))
    func aDiskThatFillsUpIsSaidAndNothingStays() async throws {
        var zip = ZipBuilder(Self.photos)
        for number in 0..<6 { zip.add("more\(number).jpg", TestPhoto(seed: 10 + number, bulk: 40_000).jpeg()) }
        let path = try folder.write(zip.bytes(), to: "set.zip")
        try await SmallDisk.with(at: out, kibibytes: 160) { disk in
            let asked = #expect(throws: Failure.self) { try ImageSet.unpack(path: path, into: out, threads: 4) }
            #expect(asked?.code == "disk_full")
            // As if others had filled it after we had asked.
            var limits = UnpackLimits()
            limits.diskReserve = -1 << 40
            let found = #expect(throws: Failure.self) {
                try ImageSet.unpack(path: path, into: out, limits: limits, threads: 4)
            }
            #expect(found?.code == "unpack_failed" && found?.retry == .later)
            #expect(found?.sentence.hasSuffix(".jpg while unpacking the photos") == true)
            #expect(found?.detail?.contains("No space left") == true)
            #expect(folder.list("out").isEmpty && disk.used < 16)
        }
    }

    @Test func theCommandScansAndUnpacks() async throws {
        let set = try folder.write(ZipBuilder(Self.photos).bytes(), to: "set.zip")
        let ended = try await runProgram(BuiltProducts.path("deadtrees"), ["scan", set, "--unpack", out, "--json"])
        #expect(ended.status == 0, "\(ended.output)")
        let report = try #require(try JSONSerialization.jsonObject(with: Data(ended.output.utf8)) as? [String: Any])
        let unpacked = try #require(report["unpacked"] as? [String: Any])
        #expect((unpacked["photos"] as? [Any])?.count == 3)
        #expect(try folder.bytes("out/images/DJI_0001.JPG") == Self.photos[1].1)
        let again = try await runProgram(BuiltProducts.path("deadtrees"), ["scan", set, "--unpack", out])
        #expect(again.status == 1 && again.output.contains("already holds images"), "\(again.output)")
    }

    @Test func theCommandWritesNothingOfASetThatCannotBeProcessed() async throws {
        let two = try folder.write(ZipBuilder(Array(Self.photos.prefix(2))).bytes(), to: "two.zip")
        let ended = try await runProgram(BuiltProducts.path("deadtrees"), ["scan", two, "--unpack", out])
        #expect(ended.status == 1 && ended.output.contains("cannot be processed"), "\(ended.output)")
        #expect(folder.list() == ["two.zip"])
    }
}
