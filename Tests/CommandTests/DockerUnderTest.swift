import Containers
import Foundation
import Testing

/// The engine that `scripts/services` started, or that `DOCKER_HOST` names.
enum DockerUnderTest {
    static let host = ProcessInfo.processInfo.environment["DOCKER_HOST"]
    static let image = "deadtrees/test-tools"

    /// Makes the image that the tests run, unless it is there.
    private static let tools = Task {
        let script = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appending(path: "scripts/pack-image")
        let process = try Process.run(script, arguments: ["--tools", image])
        process.waitUntilExit()
        try #require(process.terminationStatus == 0, "scripts/pack-image failed")
    }

    static func makeImage() async throws { try await tools.value }

    /// Runs a shell script in a container, hands that over, and removes it whatever happens.
    static func withContainer(
        _ script: String, labels: [String: String], _ body: (DockerEngine, String) async throws -> Void
    ) async throws {
        try await makeImage()
        let engine = try DockerEngine(host: #require(host))
        var spec = ContainerSpec(image: image, command: ["sh", "-c", script])
        spec.memory = 64 << 20
        spec.labels = labels
        let id = try await engine.create(spec, name: "deadtrees-test-\(UUID().uuidString.lowercased())")
        do {
            try await engine.start(id)
            try await body(engine, id)
            try await engine.remove(id)
        } catch {
            try? await engine.remove(id)  // the first failure is the one to report
            throw error
        }
    }
}

let needsDocker: ConditionTrait = .enabled(
    if: DockerUnderTest.host != nil,
    Comment(rawValue: ProcessInfo.processInfo.environment["DEADTREES_NO_DOCKER"] ?? "DOCKER_HOST is not set"))
