import DB
import Foundation
import Glibc
import Logging
import TestSupport
import Testing

/// Behind a transaction pooler LISTEN succeeds and nothing ever arrives: that has to be noticed, and said.
@Suite(
    .enabled(if: TestDatabase.isAvailable, "DATABASE_URL is not set: run the tests through make test"),
    .enabled(if: Pooler.isInstalled, "pgbouncer is not installed: run scripts/setup"))
struct PoolerTests {
    @Test func aTransactionPoolerIsToldFromAListenerThatWorks() async throws {
        try await TestDatabase.with { test in
            let pooler = try await Pooler(mode: "transaction", to: test.url)
            defer { pooler.stop() }
            let pooled = Database(url: pooler.url, logger: Logger(label: "test"))
            let event = await Listener(database: pooled, channels: ["v2_queue"]).events().first { _ in true }
            guard case .deaf(let reason) = event else {
                Issue.record("it took \(String(describing: event)) for a listener that works")
                return
            }
            #expect(reason.contains("transaction pooler"))
            await pooled.close()
        }
    }

    @Test func aSessionPoolerWillDo() async throws {
        try await TestDatabase.with { test in
            let pooler = try await Pooler(mode: "session", to: test.url)
            defer { pooler.stop() }
            let pooled = Database(url: pooler.url, logger: Logger(label: "test"))
            let event = await Listener(database: pooled, channels: ["v2_queue"]).events().first { _ in true }
            #expect(event == .listening)
            await pooled.close()
        }
    }
}

/// A PgBouncer of its own, in front of one database.
private final class Pooler {
    let url: String
    private let process = Process()
    private let folder: String

    static var isInstalled: Bool { FileManager.default.isExecutableFile(atPath: program) }
    private static let program = "/usr/sbin/pgbouncer"

    init(mode: String, to target: String) async throws {
        let parts = try #require(URLComponents(string: target))
        let port = try Self.freePort()
        folder = "/tmp/deadtrees-pooler-\(UUID().uuidString)"
        url = "postgres://postgres@127.0.0.1:\(port)\(parts.path)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let configuration = """
            [databases]
            * = host=127.0.0.1 port=\(try #require(parts.port)) user=\(parts.user ?? "postgres")
            [pgbouncer]
            listen_addr = 127.0.0.1
            listen_port = \(port)
            unix_socket_dir =
            auth_type = any
            pool_mode = \(mode)
            ignore_startup_parameters = extra_float_digits
            """
        try configuration.write(toFile: "\(folder)/pooler.ini", atomically: true, encoding: .utf8)
        // It refuses to run as root.
        let unprivileged = geteuid() == 0 ? ["setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups"] : []
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = unprivileged + [Self.program, "-q", "\(folder)/pooler.ini"]
        process.standardError = FileHandle.nullDevice
        try process.run()
        let direct = Database(url: url, connections: 1, logger: Logger(label: "test"))
        try await waitUntil("the pooler answers") { (try? await direct.serverFacts()) != nil }  // not yet
        await direct.close()
    }

    func stop() {
        kill(process.processIdentifier, SIGKILL)
        try? FileManager.default.removeItem(atPath: folder)  // A leftover in /tmp fails no test.
    }

    /// A port that was free a moment ago.
    private static func freePort() throws -> UInt16 {
        let socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(socket) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isBound = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(socket, $0, length) == 0 && getsockname(socket, $0, &length) == 0
            }
        }
        try #require(isBound)
        return UInt16(bigEndian: address.sin_port)
    }
}
