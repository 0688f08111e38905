import Foundation
import Testing

/// A real `deadtrees worker` process, on a database and in folders of its own.
public final class WorkerProcess {
    private let process = Process()
    private let output: String

    public var isRunning: Bool { process.isRunning }
    public var pid: Int32 { process.processIdentifier }
    /// All it has written so far.
    public var log: String { (try? String(contentsOfFile: output, encoding: .utf8)) ?? "" }

    /// - Parameters:
    ///   - settings: of this worker only; they come after the site's.
    ///   - through: a program and its arguments that is to run the worker, such as `ip netns exec …`.
    public init(
        _ site: Site, _ arguments: [String] = [], _ settings: [String: String] = [:], through: [String] = []
    ) throws {
        output = "\(site.folder)/worker-\(UUID().uuidString).log"
        _ = FileManager.default.createFile(atPath: output, contents: nil)
        let command = through + [BuiltProducts.path("deadtrees"), "worker"] + arguments
        process.executableURL = URL(fileURLWithPath: command[0])
        process.arguments = Array(command.dropFirst())
        process.environment = ProcessInfo.processInfo.environment
            .merging(site.settings) { $1 }.merging(settings) { $1 }
        let log = try #require(FileHandle(forWritingAtPath: output))
        process.standardOutput = log
        process.standardError = log
        try process.run()
    }

    /// Waits for the process, and returns its exit status; negative for a signal.
    public func exitStatus(within limit: Duration = .seconds(120)) async throws -> Int32 {
        try await waitUntil(within: limit, "worker did not end: \(log.suffix(2000))") { !process.isRunning }
        if process.isRunning { kill(pid, SIGKILL) }
        process.waitUntilExit()
        return process.terminationReason == .exit ? process.terminationStatus : -process.terminationStatus
    }

    public func send(_ signal: Int32) { kill(pid, signal) }

    deinit {
        // A test that failed half-way leaves no worker behind; one that stands still hears of it, too.
        if process.isRunning { kill(pid, SIGKILL) }
    }
}
