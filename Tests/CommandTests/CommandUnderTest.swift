import Foundation
import TestSupport
import Testing

/// The `deadtrees` executable, run as people run it: a process with an environment and nothing else.
struct CommandUnderTest {
    /// How a run ended.
    struct Ended {
        let exitCode: Int32
        let output: String
        let errors: String

        var json: JSON {
            get throws { try JSONDecoder().decode(JSON.self, from: Data(output.utf8)) }
        }
        var lines: [String] { output.split(separator: "\n").map(String.init) }
    }

    private let folder: TemporaryFolder
    var environment: [String: String]

    /// - Parameter docker: the Docker Engine to use; by default none that exists.
    init(database url: String, folder: TemporaryFolder, docker: String? = nil) {
        self.folder = folder
        environment = [
            "PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": folder.path, "DATABASE_URL": url,
            "STORAGE_URL": "file://\(folder.path)/storage", "WORK_DIR": "\(folder.path)/work", "ODM_GPU": "off",
            "DOCKER_HOST": docker ?? "unix://\(folder.path)/nothing.sock", "LOG_LEVEL": "error",
        ]
    }

    /// Runs `deadtrees` with these arguments to its end.
    @discardableResult
    func run(_ arguments: String...) async throws -> Ended { try await run(arguments) }

    /// - Parameter meanwhile: gets the file to which the process writes its output, while it runs.
    func run(_ arguments: [String], meanwhile: (URL) async throws -> Void = { _ in }) async throws -> Ended {
        let output = folder.file("output-\(UUID().uuidString)")
        let errors = folder.file("errors-\(UUID().uuidString)")
        let process = Process()
        process.executableURL = try Self.executable
        process.arguments = arguments
        process.environment = environment
        // Files, and no pipes: those would have to be read meanwhile.
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = try Self.created(output)
        process.standardError = try Self.created(errors)
        let (end, continuation) = AsyncStream.makeStream(of: Never.self)
        process.terminationHandler = { _ in continuation.finish() }
        try process.run()
        do {
            try await meanwhile(output)
        } catch {
            process.terminate()
            throw error
        }
        for await _ in end {}
        return try Ended(
            exitCode: process.terminationReason == .exit ? process.terminationStatus : -process.terminationStatus,
            output: String(contentsOf: output, encoding: .utf8), errors: String(contentsOf: errors, encoding: .utf8))
    }

    /// Puts a file where `STORAGE_URL` says.
    func store(_ path: String, _ text: String) throws {
        let file = folder.file("storage/\(path)")
        try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(text.utf8).write(to: file)
    }

    private static func created(_ file: URL) throws -> FileHandle {
        try Data().write(to: file)
        return try FileHandle(forWritingTo: file)
    }

    /// Beside the test bundle.
    private static var executable: URL {
        get throws {
            let tests = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
            let bundle = CommandLine.arguments.first { $0.hasSuffix(".xctest") } ?? tests
            let candidates = [bundle, tests].map {
                URL(fileURLWithPath: $0).deletingLastPathComponent().appending(path: "deadtrees")
            }
            return try #require(candidates.first { FileManager.default.isExecutableFile(atPath: $0.path) })
        }
    }
}

/// Runs `body` with a database of its own and the command that uses it.
func withCommand(
    docker: String? = nil, _ body: (TestDatabase, CommandUnderTest) async throws -> Void
) async throws {
    let folder = try TemporaryFolder()
    try await TestDatabase.with { test in
        try await body(test, CommandUnderTest(database: test.url, folder: folder, docker: docker))
    }
}

let needsDatabase: ConditionTrait = .enabled(
    if: TestDatabase.isAvailable, "DATABASE_URL is not set: run the tests through make test")
