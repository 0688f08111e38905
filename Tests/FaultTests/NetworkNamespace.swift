import Foundation
import TestSupport

/// A network of its own for one program, joined to ours by one pair of virtual links. Its packets can be lost without
/// a word to anybody. Needs root.
struct NetworkNamespace {
    private let name: String
    private let link: String
    /// Ours and the program's, on the pair.
    let host: String
    private let guest: String

    /// What has to stand before a program's path, so that it runs inside.
    var prefix: [String] { [Self.ip, "netns", "exec", name] }

    private static let ip =
        ["/usr/sbin/ip", "/sbin/ip", "/usr/bin/ip"]
        .first { FileManager.default.isExecutableFile(atPath: $0) } ?? "ip"

    /// Why there can be none here; nil when there can.
    static let whyNot: String? = {
        guard geteuid() == 0 else { return "network namespaces need root" }
        let name = "deadtrees-try-\(getpid())"
        guard (try? run("netns", "add", name)) != nil else { return "ip netns add failed on this machine" }
        try? run("netns", "del", name)  // It was there a moment ago.
        return nil
    }()

    /// Runs `body` with a fresh one.
    static func with(_ body: (NetworkNamespace) async throws -> Void) async throws {
        let network = NetworkNamespace()
        defer { try? run("netns", "del", network.name) }  // The link goes with it.
        try network.make()
        try await body(network)
    }

    private init() {
        let number = Int.random(in: 1...16_000)
        name = "deadtrees-\(getpid())-\(number)"
        link = "dt\(number)"
        let net = "10.213.\(number / 64).\(number % 64 * 4)".split(separator: ".").map { Int($0) ?? 0 }
        host = "10.213.\(net[2]).\(net[3] + 1)"
        guest = "10.213.\(net[2]).\(net[3] + 2)"
    }

    private func make() throws {
        try Self.run("netns", "add", name)
        try Self.run("link", "add", link, "type", "veth", "peer", "name", "\(link)p", "netns", name)
        try Self.run("addr", "add", "\(host)/30", "dev", link)
        try Self.run("link", "set", link, "up")
        try Self.run("-n", name, "addr", "add", "\(guest)/30", "dev", "\(link)p")
        try Self.run("-n", name, "link", "set", "\(link)p", "up")
        try Self.run("-n", name, "link", "set", "lo", "up")
    }

    /// From here on all packets of one connection are lost, both ways.
    func lose(port: Int) throws {
        for (chain, end) in [("OUTPUT", "--sport"), ("INPUT", "--dport")] {
            try Self.run(
                "netns", "exec", name, "iptables", "-A", chain, "-p", "tcp", end, "\(port)", "-j", "DROP")
        }
    }

    /// All packets are lost, or are not any more.
    func setLink(up: Bool) throws { try Self.run("link", "set", link, up ? "up" : "down") }

    private static func run(_ arguments: String...) throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: ip)
        process.arguments = arguments
        process.standardError = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            throw CocoaError(
                .executableLoad, userInfo: [NSLocalizedDescriptionKey: "ip \(arguments.joined(separator: " ")) failed"])
        }
    }
}
