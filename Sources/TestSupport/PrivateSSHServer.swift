import Failures
import Foundation
import Testing

/// An sshd of its own on loopback, for tests that stop and kill it or need it to be set up otherwise. It lets in the user
/// who runs the tests, with the keys in ``keys``, and keeps its port.
public final class PrivateSSHServer: Sendable {
    /// Holds all that is the server's, and its storage.
    public let folder: String
    public let port: Int
    public let user = NSUserName()

    public var storage: String { "\(folder)/storage" }
    public var keys: String { "\(folder)/authorized_keys" }
    public var knownHosts: String { "\(folder)/known_hosts" }
    public var key: String { "\(folder)/id_ed25519" }
    public var log: String {
        String(decoding: FileManager.default.contents(atPath: "\(folder)/log") ?? Data(), as: UTF8.self)
    }

    /// Why there can be none; nil where there can.
    public static let whyNot: String? =
        FileManager.default.isExecutableFile(atPath: "/usr/sbin/sshd") ? nil : "there is no sshd: run scripts/setup"

    /// Runs `body` with a server that is gone afterwards.
    /// - Parameters:
    ///   - lines: of sshd_config, before all others: the first of a kind counts.
    ///   - sftp: the subsystem's command.
    public static func with(
        _ lines: [String] = [], sftp: String = "internal-sftp", _ body: (PrivateSSHServer) async throws -> Void
    ) async throws {
        let server = try PrivateSSHServer()
        defer { try? FileManager.default.removeItem(atPath: server.folder) }  // A leftover in /tmp fails no test.
        defer { server.kill() }
        try await server.prepare(lines, sftp)
        try await server.start()
        try await body(server)
    }

    private init() throws {
        folder = "/tmp/deadtrees-ssh-\(UUID().uuidString.prefix(8).lowercased())"
        port = try Self.freePort()
    }

    /// Makes a key pair in the folder.
    /// - Returns: the private key's path.
    @discardableResult
    public func makeKey(_ name: String, _ options: String..., passphrase: String = "") async throws -> String {
        try await Self.run("/usr/bin/ssh-keygen", ["-q", "-N", passphrase, "-f", "\(folder)/\(name)"] + options)
        return "\(folder)/\(name)"
    }

    /// Lets in whoever has one of these keys, and nobody else. sshd looks at each login.
    public func letIn(_ names: String...) throws {
        let lines = try names.map { try String(contentsOfFile: "\(folder)/\($0).pub", encoding: .utf8) }
        try lines.joined().write(toFile: keys, atomically: true, encoding: .utf8)
    }

    /// Writes known_hosts: the public halves of these host keys, as the server's.
    /// - Parameter port: by which the server is reached; its own where none is given.
    public func trust(_ names: String..., port: Int? = nil) throws {
        let lines = try names.map { name in
            let words = try String(contentsOfFile: "\(folder)/\(name).pub", encoding: .utf8).split(separator: " ")
            return "[127.0.0.1]:\(port ?? self.port) \(words[0]) \(words[1])\n"
        }
        try lines.joined().write(toFile: knownHosts, atomically: true, encoding: .utf8)
    }

    /// Starts it, and returns when it answers.
    public func start() async throws {
        // As a daemon: sshd closes what it inherits, which Foundation takes for its end, and then waits for that.
        try await Self.run("/usr/sbin/sshd", ["-f", "\(folder)/sshd_config", "-E", "\(folder)/log"])
        try await waitUntil(within: .seconds(10), "sshd answers: \(self.log)") {
            // It listens before it writes who it is.
            Self.answers(self.port) && self.listener != nil
        }
    }

    /// `kill -9` of the server and of all its sessions.
    public func kill() {
        guard let process = listener else { return }
        Glibc.kill(process, SIGSTOP)
        killSessions(of: process)
        Glibc.kill(process, SIGKILL)
        unlink("\(folder)/pid")
    }

    /// Nil when it does not run.
    private var listener: Int32? {
        let file = try? String(contentsOfFile: "\(folder)/pid", encoding: .utf8)  // no file: none runs
        return file.flatMap { Int32($0.trimmingCharacters(in: .newlines)) }
    }

    /// `kill -9` of the sessions; the server goes on.
    public func killSessions() { listener.map { killSessions(of: $0) } }

    /// Stops all that it runs, as a host does that is suspended: its kernel goes on answering.
    public func freeze() {
        guard let process = listener else { return }
        Glibc.kill(process, SIGSTOP)
        killSessions(of: process, with: SIGSTOP)
    }

    private func killSessions(of process: Int32, with signal: Int32 = SIGKILL) {
        let list = try? String(contentsOfFile: "/proc/\(process)/task/\(process)/children", encoding: .utf8)  // none
        for child in (list ?? "").split(whereSeparator: \.isWhitespace).compactMap({ Int32($0) }) {
            killSessions(of: child, with: signal)
            Glibc.kill(child, signal)
        }
    }

    private func prepare(_ lines: [String], _ sftp: String) async throws {
        try FileManager.default.createDirectory(atPath: storage, withIntermediateDirectories: true)
        // Where sshd keeps nothing, but insists on having it.
        if geteuid() == 0 { mkdir("/run/sshd", 0o755) }
        try await makeKey("host_ed25519", "-t", "ed25519")
        try await makeKey("host_ecdsa", "-t", "ecdsa")
        try await makeKey("id_ed25519", "-t", "ed25519")
        try letIn("id_ed25519")
        try trust("host_ed25519")
        try configure(lines, sftp)
    }

    /// Writes sshd_config; counts from the next start on.
    public func configure(
        _ lines: [String] = [], _ sftp: String = "internal-sftp", hostKeys: [String] = ["host_ed25519", "host_ecdsa"]
    ) throws {
        let usual = [
            "ListenAddress 127.0.0.1:\(port)", "PidFile \(folder)/pid", "AuthorizedKeysFile \(keys)",
            "PermitRootLogin prohibit-password", "PasswordAuthentication no", "KbdInteractiveAuthentication no",
            "UsePAM \(Self.isLockedOut ? "yes" : "no")", "StrictModes no", "UseDNS no", "MaxStartups 200",
            "LogLevel VERBOSE", "Subsystem sftp \(sftp)",
        ]
        let keys = hostKeys.map { "HostKey \(folder)/\($0)" }
        try (lines + keys + usual).joined(separator: "\n").appending("\n")
            .write(toFile: "\(folder)/sshd_config", atomically: true, encoding: .utf8)
    }

    /// An account without a password counts as locked unless PAM is asked.
    private static let isLockedOut: Bool = {
        let shadow = try? String(contentsOfFile: "/etc/shadow", encoding: .utf8)  // for root's eyes only
        let line = shadow?.split(separator: "\n").first { $0.hasPrefix("\(NSUserName()):") }
        return line?.split(separator: ":", omittingEmptySubsequences: false)[1].hasPrefix("!") ?? false
    }()

    private static func run(_ path: String, _ arguments: [String]) async throws {
        let end = try await runProgram(path, arguments)
        guard end.status == 0 else { throw Failure("no_private_sshd", "\(path) failed", detail: end.output) }
    }

    private static func freePort() throws -> Int {
        let proxy = try TCPProxy(upstream: 1)
        defer { proxy.close() }
        return Int(proxy.port)
    }

    private static func answers(_ port: Int) -> Bool {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = UInt16(port).bigEndian
        address.sin_addr.s_addr = INADDR_LOOPBACK.bigEndian
        return withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
    }
}
