import Failures
import Foundation
import Logging
import SFTP
import Settings
import Storage
import TestSupport

/// Storage on a server of the test's own, and a folder for local files.
struct SSHSite {
    let server: PrivateSSHServer
    var port: Int
    var local: String { "\(server.folder)/local" }

    /// Runs `body` with a server that is gone afterwards.
    static func with(
        _ lines: [String] = [], sftp: String = "internal-sftp", _ body: (SSHSite) async throws -> Void
    ) async throws {
        try await PrivateSSHServer.with(lines, sftp: sftp) { server in
            let site = SSHSite(server: server, port: server.port)
            try FileManager.default.createDirectory(atPath: site.local, withIntermediateDirectories: true)
            try await body(site)
        }
    }

    /// The same behind a proxy, which the server's clients reach by its port.
    static func withProxy(_ body: (SSHSite, TCPProxy) async throws -> Void) async throws {
        try await with { site in
            let proxy = try TCPProxy(upstream: UInt16(site.server.port))
            defer { proxy.close() }
            let line = try String(contentsOfFile: site.server.knownHosts, encoding: .utf8)
            try line.replacingOccurrences(of: "]:\(site.server.port) ", with: "]:\(proxy.port) ")
                .write(toFile: site.server.knownHosts, atomically: true, encoding: .utf8)
            try await body(SSHSite(server: site.server, port: Int(proxy.port)), proxy)
        }
    }

    func address(key: String? = nil, passphrase: String? = nil) -> ServerAddress {
        ServerAddress(
            user: server.user, host: "127.0.0.1", port: port, keyFile: key ?? server.key, passphrase: passphrase,
            knownHostsFile: server.knownHosts)
    }

    func storage(
        key: String? = nil, passphrase: String? = nil, sessions: Int = 3,
        verification: StorageSettings.Verification = .readBack
    ) throws -> SFTPStorage {
        try SFTPStorage(
            address(key: key, passphrase: passphrase), folder: server.storage, sessions: sessions,
            verification: verification, logger: Logger(label: "deadtrees.test"))
    }

    /// A local file of so many bytes, none like its neighbour.
    func file(_ bytes: Int, _ name: String = "file") throws -> String {
        let source = FileHandle(forReadingAtPath: "/dev/urandom")
        try source?.read(upToCount: bytes)?.write(to: URL(fileURLWithPath: "\(local)/\(name)"))
        return "\(local)/\(name)"
    }

    /// What the server has, below its storage folder.
    func stored(_ path: String) -> String { "\(server.storage)/\(path)" }

    func isSame(_ first: String, _ second: String) -> Bool {
        FileManager.default.contentsEqual(atPath: first, andPath: second)
    }

    /// Half files that uploads have left.
    func leftovers() -> [String] {
        // No upload has begun where there is no such folder.
        (try? FileManager.default.contentsOfDirectory(atPath: stored("incoming"))) ?? []
    }

    /// Half files that downloads have left.
    func localParts() throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: local).filter { $0.contains(".part-") }
    }
}

func path(_ text: String) throws -> StoragePath { try StoragePath(text) }
