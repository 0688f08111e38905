import Failures
import Foundation
import NativeChild
import TestSupport
import Testing

@testable import Tasks
@testable import native_child_fixture

/// The program that workers run, as their child.
@Suite(.timeLimit(.minutes(2)))
struct WorkerBinaryTests {
    private let runner = NativeRunner(executable: BuiltProducts.path("deadtrees"))

    private func withFolder(_ body: (URL) async throws -> Void) async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "native-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }  // the system clears its temporary folder too
        try await body(folder)
    }

    @Test func doesTheWorkOfStagesAndTellsTheLibrarysOwnFailure() async throws {
        try await withFolder { folder in
            let input = folder.appending(path: "5_ortho.tif")
            try Data("this is no raster".utf8).write(to: input)
            let (small, large) = (folder.appending(path: "5.jpg").path, folder.appending(path: "5_large.jpg").path)
            let work = MakeThumbnail(input: input.path, output: small, preview: large)
            let failure = try await #require(throws: Failure.self) { try await runner.run(work) }
            #expect(!failure.code.hasPrefix("native_") && failure.code != "unexpected", "\(failure)")
            #expect(failure.retry == .never)
            #expect(!failure.sentence.contains(folder.path))
        }
    }

    @Test func saysWhatIsWrongWithAnOrthophoto() async throws {
        try await withFolder { folder in
            let work = CheckOrthophoto(path: folder.appending(path: "odm_orthophoto.tif").path)
            let missing = try await #require(throws: Failure.self) { try await runner.run(work) }
            #expect(missing.code == "odm_no_orthophoto")
            try Data("this is no raster".utf8).write(to: folder.appending(path: "odm_orthophoto.tif"))
            let broken = try await #require(throws: Failure.self) { try await runner.run(work) }
            #expect(broken.code == "odm_broken_orthophoto")
            #expect(broken.retry == .later)
        }
    }

    @Test func refusesASetThatIsNoZIP() async throws {
        try await withFolder { folder in
            let archive = folder.appending(path: "raw.zip")
            try Data(repeating: 7, count: 5000).write(to: archive)
            let work = UnpackPhotos(
                source: RawPhotos.Source(path: archive.path), project: folder.appending(path: "project").path,
                largestTilt: 10)
            let failure = try await #require(throws: Failure.self) { try await runner.run(work) }
            #expect(failure.code.hasPrefix("zip_"), "\(failure)")
            #expect(failure.retry == .never)
        }
    }

    @Test func workThatItDoesNotKnowIsAFailure() async throws {
        let failure = try await #require(throws: Failure.self) { try await runner.run(Echo()) }
        #expect(failure.code == "native_silent")
    }
}
