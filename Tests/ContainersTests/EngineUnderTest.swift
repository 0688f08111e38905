import Containers
import Failures
import Foundation
import TestSupport
import Testing

/// The engine that `scripts/services` started, or that `DOCKER_HOST` names.
enum EngineUnderTest {
    static let host = ProcessInfo.processInfo.environment["DOCKER_HOST"]
    static let image = "deadtrees/test-tools"

    static let isThere: ConditionTrait = .enabled(
        if: host != nil,
        Comment(rawValue: ProcessInfo.processInfo.environment["DEADTREES_NO_DOCKER"] ?? "DOCKER_HOST is not set"))

    /// Makes the image that the tests run, unless it is there.
    static let tools = Task {
        _ = try await Self.run("pack-image", ["--tools", image])
    }

    static var scripts: URL {
        URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../scripts").standardized
    }

    struct ScriptFailed: Error {
        let script: String
        let status: Int32
    }

    /// Runs a script on a thread of its own, for waiting would hold up all tests, and returns its output.
    @discardableResult
    static func run(
        _ script: String, _ arguments: [String], environment: [String: String] = [:]
    ) async throws -> String {
        try await withCheckedThrowingContinuation { continuation in
            Thread {
                continuation.resume(with: Result { try runBlocking(script, arguments, environment: environment) })
            }.start()
        }
    }

    private static func runBlocking(
        _ script: String, _ arguments: [String], environment: [String: String]
    ) throws -> String {
        let process = Process()
        let output = Pipe()
        process.executableURL = scripts.appending(path: script)
        process.arguments = arguments
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        process.standardOutput = output
        try process.run()
        let text = String(decoding: try output.fileHandleForReading.readToEnd() ?? Data(), as: UTF8.self)
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            throw ScriptFailed(script: script, status: process.terminationStatus)
        }
        return text
    }

    static func engine(limit: Duration = .seconds(30)) async throws -> DockerEngine {
        try await tools.value
        return try DockerEngine(host: try #require(host), limit: limit)
    }
}

/// A name that no other test uses.
func uniqueName() -> String { "deadtrees-test-" + UUID().uuidString.lowercased() }

extension ContainerSpec {
    /// A container that runs a shell script.
    static func shell(_ script: String) -> ContainerSpec {
        var spec = ContainerSpec(image: EngineUnderTest.image, command: ["sh", "-c", script])
        spec.memory = 64 << 20
        spec.labels = ["deadtrees.test": "1"]
        return spec
    }
}

/// Makes a container, hands it over, and removes it whatever happens.
func withContainer(
    _ spec: ContainerSpec, on engine: DockerEngine, starts: Bool = true,
    _ body: (String) async throws -> Void
) async throws {
    let id = try await engine.create(spec, name: uniqueName())
    do {
        if starts { try await engine.start(id) }
        try await body(id)
        try await engine.remove(id)
    } catch {
        try? await engine.remove(id)  // The first failure is the one to report.
        throw error
    }
}

/// Asks again and again until it is true; a failed expectation after `limit`.
func eventually(
    within limit: Duration = .seconds(20), _ what: Comment, sourceLocation: SourceLocation = #_sourceLocation,
    _ condition: () async throws -> Bool
) async throws {
    try await waitUntil(within: limit, what, sourceLocation: sourceLocation, condition)
}

/// The failure that `body` throws.
func failure(of body: () async throws -> Void) async throws -> Failure {
    try #require(await #expect(throws: Failure.self) { try await body() })
}
