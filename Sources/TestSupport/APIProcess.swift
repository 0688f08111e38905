import Foundation
import Testing

/// A real `deadtrees serve` process, on a site of its own and a free port.
public final class APIProcess {
    private let process = Process()
    private let output: String
    /// Where it listens, on loopback.
    public private(set) var port: UInt16 = 0

    /// What tokens for it are signed with.
    public static let secret = "a secret of thirty-two bytes, and then some"

    public var pid: Int32 { process.processIdentifier }
    /// All it has written so far.
    public var log: String { (try? String(contentsOfFile: output, encoding: .utf8)) ?? "" }  // nothing yet

    /// Starts one and waits until it listens.
    /// - Parameter settings: of this server only; they come after the site's.
    public static func start(_ site: Site, _ settings: [String: String] = [:]) async throws -> APIProcess {
        let server = try APIProcess(site, settings)
        try await waitUntil(within: .seconds(60), "server does not listen: \(server.log)") {
            !server.process.isRunning || server.findPort()
        }
        try #require(server.port > 0, "the server ended: \(server.log)")
        return server
    }

    private init(_ site: Site, _ settings: [String: String]) throws {
        output = "\(site.folder)/serve-\(UUID().uuidString).log"
        _ = FileManager.default.createFile(atPath: output, contents: nil)
        process.executableURL = URL(fileURLWithPath: BuiltProducts.path("deadtrees"))
        process.arguments = ["serve"]
        let own = ["HTTP_BIND": "127.0.0.1:0", "JWT_SECRET": Self.secret, "DISK_RESERVE": "1MiB"]
        process.environment = ProcessInfo.processInfo.environment
            .merging(site.settings) { $1 }.merging(own) { $1 }.merging(settings) { $1 }
        let log = try #require(FileHandle(forWritingAtPath: output))
        process.standardOutput = log
        process.standardError = log
        try process.run()
    }

    private func findPort() -> Bool {
        guard let found = log.firstMatch(of: /address=127\.0\.0\.1:(\d+)/) else { return false }
        port = UInt16(found.1) ?? 0
        return true
    }

    public func send(_ signal: Int32) { kill(pid, signal) }

    /// As a host that loses power, but for what the kernel has.
    public func crash() async throws {
        send(SIGKILL)
        _ = try await exitStatus()
    }

    /// Waits for the process, and returns its exit status; negative for a signal.
    public func exitStatus(within limit: Duration = .seconds(60)) async throws -> Int32 {
        try await waitUntil(within: limit, "server did not end: \(log.suffix(2000))") { !process.isRunning }
        process.waitUntilExit()
        return process.terminationReason == .exit ? process.terminationStatus : -process.terminationStatus
    }

    deinit {
        // A test that failed half-way leaves no server behind.
        if process.isRunning { kill(pid, SIGKILL) }
    }
}
