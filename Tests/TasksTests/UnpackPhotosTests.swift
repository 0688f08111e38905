import Failures
import Foundation
import Imagery
import TestSupport
import Testing

@testable import Tasks

/// Real and simulated sets on their way into a project folder.
@Suite struct UnpackPhotosTests {
    private func withFolder(_ body: (String) throws -> Void) throws {
        let folder = NSTemporaryDirectory() + "unpack-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }  // the system clears its temporary folder too
        try body(folder)
    }

    private func images(_ folder: String) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: "\(folder)/project/images").sorted()
    }

    @Test func aSimulatedFlightIsLaidOutInTheContainersMemory() throws {
        try withFolder { folder in
            let flight = try SimulatedFlight.path()
            let host = Preflight.Host(memory: 2 << 30, diskReserve: 0, timeLimit: .seconds(86_400))
            let output = try UnpackPhotos(source: .init(path: flight), project: "\(folder)/project", host: host).run {
                _ in
            }
            #expect(output.photos == 8 && output.placed == 8 && output.leftOut == 0)
            #expect(output.warnings.isEmpty, "\(output.warnings)")
            #expect(output.leastMemory > 0 && output.leastMemory < output.estimatedMemory)
            #expect(output.estimatedMemory < 2 << 30 && output.estimatedDisk > output.bytes)
            #expect(try images(folder).count == 8)
            // It is not ours: it lies in storage.
            #expect(FileManager.default.fileExists(atPath: flight))
        }
    }

    @Test func aFetchedArchiveIsGoneWhenItIsUnpackedAndNotBefore() throws {
        try withFolder { folder in
            let copy = "\(folder)/raw.zip"
            try FileManager.default.copyItem(atPath: SimulatedFlight.path(), toPath: copy)
            var work = UnpackPhotos(source: .init(path: copy, isCopy: true), project: "\(folder)/project")
            work.host.diskReserve = 1 << 60
            let failure = #expect(throws: Failure.self) { try work.run { _ in } }
            #expect(failure?.code == "disk_too_small")
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["raw.zip"])
            work.host.diskReserve = 0
            #expect(try work.run { _ in }.photos == 8)
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["project"])
        }
    }

    @Test(.enabled(if: SampleData.root != nil), arguments: ["brighton_beach/images", "zips/brighton_3images.zip"])
    func realFlightsPass(_ name: String) throws {
        try withFolder { folder in
            let path = try #require(SampleData.root).appending(path: name).path
            let host = Preflight.Host(memory: 2 << 30, diskReserve: 0, timeLimit: .seconds(86_400))
            let set = try ImageSet.scan(path: path)
            let preflight = Preflight(set, set.selection(largestTilt: Preflight.largestTilt), on: host)
            #expect(
                preflight.refusal == nil && preflight.overlap.known == set.photos.count && preflight.overlap.alone == 0)
            let output = try UnpackPhotos(source: .init(path: path), project: "\(folder)/project", host: host).run {
                _ in
            }
            #expect(output.photos == set.photos.count && output.placed == output.photos)
            #expect(try images(folder).count == output.photos)
        }
    }

    @Test func whatAnEarlierVersionWroteCanStillBeRead() throws {
        let json =
            #"{"photos":9,"bytes":1,"largestMegapixels":12,"megapixels":108,"cameraMetadata":"{}","warnings":[],"leftOut":0}"#
        let output = try JSONDecoder().decode(UnpackPhotos.Output.self, from: Data(json.utf8))
        #expect(
            output.photos == 9 && output.placed == 0 && output.estimatedMemory == 0 && output.expectedSeconds == nil)
        let again = try JSONDecoder().decode(UnpackPhotos.Output.self, from: JSONEncoder().encode(output))
        #expect(again.megapixels == 108)
    }
}
