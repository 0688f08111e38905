import DB
import Failures
import Foundation
import Logging

/// A PostgreSQL cluster of its own, for tests and chaos runs that stop, kill and restart it. It keeps its port.
public actor PrivatePostgres {
    /// The address of its database `deadtrees`, which is migrated.
    public nonisolated let url: String
    private nonisolated let folder: String

    /// Makes the cluster, starts it, and brings its database to the newest schema.
    /// - Parameter network: whose addresses may connect as well, such as `10.0.0.0/8`.
    /// - Throws: `Failure` with the end of the script's output.
    public static func start(openTo network: String? = nil) async throws -> PrivatePostgres {
        let folder = "/var/tmp/deadtrees-pg-\(UUID().uuidString.prefix(8).lowercased())"
        try await services(folder, "start", "postgres")
        // Many workers; and what is tested here is the end of processes, not of the machine under them.
        try append(
            "max_connections = 400\nfsync = off\nfull_page_writes = off\n",
            to: "\(folder)/postgres/data/postgresql.conf")
        if let network {
            try append("listen_addresses = '*'\n", to: "\(folder)/postgres/data/postgresql.conf")
            try append("host all all \(network) trust\n", to: "\(folder)/postgres/data/pg_hba.conf")
        }
        let port = try String(contentsOfFile: "\(folder)/postgres/port", encoding: .utf8)
        let server = PrivatePostgres(
            folder: folder, url: "postgres://postgres@127.0.0.1:\(port.trimmingCharacters(in: .newlines))/deadtrees")
        try await server.restart()
        let database = Database(url: server.url, connections: 1, logger: Logger(label: "test"))
        _ = try await Migrator(database: database, folder: TestDatabase.migrations).run()
        await database.close()
        return server
    }

    /// Runs `body` with a cluster that is removed afterwards.
    public static func with<Result: Sendable>(
        openTo network: String? = nil, _ body: (PrivatePostgres) async throws -> Result
    ) async throws -> Result {
        let server = try await start(openTo: network)
        do {
            let result = try await body(server)
            try await server.remove()
            return result
        } catch {
            try? await server.remove()  // The body's own error counts.
            throw error
        }
    }

    private init(folder: String, url: String) {
        self.folder = folder
        self.url = url
    }

    /// A fast shutdown: clients are disconnected, the data is whole.
    public func stop() async throws { try await Self.services(folder, "stop", keep: true) }

    /// Starts it again, on the port that it had.
    public func startAgain() async throws { try await Self.services(folder, "start") }

    public func restart() async throws {
        try await stop()
        try await startAgain()
    }

    /// `kill -9` of the postmaster. Returns when its children, which notice that by themselves, are gone as well: a
    /// server that is started beside them would spoil the data.
    public func kill() async throws {
        guard let postmaster = postmaster() else { return }
        let family = Self.children(of: postmaster) + [postmaster]
        Glibc.kill(postmaster, SIGKILL)
        let patience = ContinuousClock.now + .seconds(10)
        while family.contains(where: Self.isAlive) {
            if ContinuousClock.now > patience { family.forEach { Glibc.kill($0, SIGKILL) } }
            try await Task.sleep(for: .milliseconds(20))
        }
        // Where nobody collects the dead, the next postmaster would take the zombie for the owner of the socket.
        for name in try FileManager.default.contentsOfDirectory(atPath: sockets) where name.hasSuffix(".lock") {
            try FileManager.default.removeItem(atPath: "\(sockets)/\(name)")
        }
    }

    private nonisolated var sockets: String { "\(folder)/postgres/run" }

    /// Stops it and removes its data.
    public func remove() async throws { try await Self.services(folder, "stop") }

    private func postmaster() -> Int32? {
        // No file: it does not run.
        let file = try? String(contentsOfFile: "\(folder)/postgres/data/postmaster.pid", encoding: .utf8)
        return file?.split(separator: "\n").first.flatMap { Int32($0) }
    }

    private static func append(_ text: String, to path: String) throws {
        let handle = try FileHandle(forWritingTo: URL(fileURLWithPath: path))
        try handle.seekToEnd()
        try handle.write(contentsOf: Data(text.utf8))
        try handle.close()
    }

    private static func services(_ folder: String, _ arguments: String..., keep: Bool = false) async throws {
        let end = try await runProgram(
            BuiltProducts.repository.appending(path: "scripts/services").path, arguments,
            settings: ["SERVICES_DIR": folder, "KEEP": keep ? "1" : ""])
        guard end.status == 0 else {
            throw Failure(
                "no_private_postgres", "scripts/services \(arguments.joined(separator: " ")) failed",
                detail: String(end.output.suffix(2000)))
        }
    }

    private static func children(of process: Int32) -> [Int32] {
        // A process that has just ended has none.
        let list = try? String(contentsOfFile: "/proc/\(process)/task/\(process)/children", encoding: .utf8)
        return (list ?? "").split(separator: " ").compactMap {
            Int32($0.trimmingCharacters(in: .whitespacesAndNewlines))
        }
    }

    /// A zombie has ended, though nobody has asked after it yet.
    private static func isAlive(_ process: Int32) -> Bool {
        // One that is gone has no such file.
        let stat = try? String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8)
        guard let stat else { return false }
        return stat.split(separator: ")").last?.trimmingCharacters(in: .whitespaces).first != "Z"
    }
}
