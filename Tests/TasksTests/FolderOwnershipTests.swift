import Containers
import Foundation
import Tasks
import TestSupport
import Testing

/// Files that ODM wrote as root become removable for a worker that is not root.
@Suite(.enabled(if: Docker.isAvailable, Docker.whyNot))
struct FolderOwnershipTests {
    private let engine: DockerEngine

    init() throws {
        engine = try DockerEngine(host: try #require(ProcessInfo.processInfo.environment["DOCKER_HOST"]))
    }

    private func owners(_ folder: String) throws -> Set<Int> {
        let paths = [folder] + (FileManager.default.subpaths(atPath: folder) ?? []).map { "\(folder)/\($0)" }
        return Set(
            try paths.map { path in
                try #require(try FileManager.default.attributesOfItem(atPath: path)[.ownerAccountID] as? NSNumber)
                    .intValue
            })
    }

    @Test func takesTheFolderAndAllInIt() async throws {
        let folder = NSTemporaryDirectory() + "owned-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: folder) }  // the system clears its temporary folder too
        try FileManager.default.createDirectory(atPath: "\(folder)/odm/5/images", withIntermediateDirectories: true)
        try Data().write(to: URL(fileURLWithPath: "\(folder)/odm/5/images/a.jpg"))
        let before = try owners(folder)
        let labels = ["deadtrees.test.ownership": folder]
        try await FolderOwnership(engine: engine, image: "deadtrees/test-tools", user: 0).take(
            of: folder, labels: labels)
        #expect(try owners(folder) == before)
        try await FolderOwnership(engine: engine, image: "deadtrees/test-tools", user: 4711, group: 4711)
            .take(of: folder, labels: labels)
        #expect(try owners(folder) == [4711])
        #expect(try await engine.list(labels: labels).isEmpty)
    }
}
