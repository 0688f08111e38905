import Containers
import Foundation
import TestSupport
import Testing

/// A Docker Engine of a suite's own, with its own containerd: what happens to engines happens to it.
///
/// Both are started again with the very command lines that `scripts/services` gave them first.
struct PrivateEngine: Sendable {
    /// The engine of the suite that runs.
    @TaskLocal static var current: PrivateEngine?

    static var isPossible: Bool {
        geteuid() == 0
            && ["dockerd", "containerd"].allSatisfy { program in
                let path = ProcessInfo.processInfo.environment["PATH"] ?? ""
                return path.split(separator: ":").contains {
                    FileManager.default.isExecutableFile(atPath: "\($0)/\(program)")
                }
            }
    }

    let client: DockerEngine
    private let folder: String
    private let commands: [Daemon: [String]]

    enum Daemon: String { case dockerd, containerd }

    private var home: String { "\(folder)/docker" }
    private var socket: String { "\(home)/docker.sock" }
    private var containerdSocket: String { "\(home)/containerd.sock" }
    var host: String { "unix://\(socket)" }

    /// Runs `body` with an engine that is stopped and removed afterwards, with all that runs in it, also when the test
    /// runner itself is killed.
    static func with(_ body: (PrivateEngine) async throws -> Void) async throws {
        let folder = "/var/tmp/deadtrees-engine-\(UUID().uuidString.prefix(8).lowercased())"
        let undertaker = try Undertaker(["services", "stop"], settings(folder))
        do {
            let engine = try await PrivateEngine(startedIn: folder)
            try await body(engine)
            engine.client.shutdown()
        } catch {
            try await undertaker.work()
            throw error
        }
        try await undertaker.work()
    }

    /// An empty `DOCKER_HOST` is none: the services start an engine of their own.
    private static func settings(_ folder: String) -> [String: String] { ["SERVICES_DIR": folder, "DOCKER_HOST": ""] }

    private init(startedIn folder: String) async throws {
        let started = try await runProgram(script("services"), ["start", "docker"], settings: Self.settings(folder))
        try #require(started.status == 0, "\(started.output)")
        self.folder = folder
        commands = try [Daemon.containerd, .dockerd].reduce(into: [:]) { commands, daemon in
            let pid = try #require(Self.pid(daemon, in: folder), "there is a \(daemon): \(started.output)")
            let line = try #require(FileManager.default.contents(atPath: "/proc/\(pid)/cmdline"))
            commands[daemon] = line.split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
        }
        client = try DockerEngine(host: "unix://\(folder)/docker/docker.sock")
    }

    /// An image of the ODM simulator.
    /// - Parameter settings: `ODM_SIM_…` without the beginning.
    func image(_ settings: [String: String]) async throws -> String {
        let variables = settings.map { "ODM_SIM_\($0)=\($1)" }.sorted()
        let name = variables.joined().lowercased().filter { $0.isASCII && ($0.isLetter || $0.isNumber) }
        let tag = "deadtrees/odm-simulator:\(name)"
        let end = try await runProgram(script("odm-simulator"), [tag] + variables, settings: ["DOCKER_HOST": host])
        try #require(end.status == 0, "\(end.output)")
        return tag
    }

    @discardableResult
    func docker(_ arguments: String...) async throws -> String {
        let end = try await runProgram("/usr/bin/env", ["docker", "-H", host] + arguments)
        try #require(end.status == 0, "docker \(arguments): \(end.output)")
        return end.output.trimmingCharacters(in: .whitespacesAndNewlines)
    }

    /// Whether containers go on while the engine is away.
    func setLiveRestore(_ isOn: Bool) async throws {
        try #"{"live-restore": \#(isOn)}"#.write(toFile: "\(home)/daemon.json", atomically: true, encoding: .utf8)
        kill(try #require(Self.pid(.dockerd, in: folder)), SIGHUP)
        try await waitUntil("the engine has read its settings") {
            try await docker("info", "--format", "{{.LiveRestoreEnabled}}") == "\(isOn)"
        }
    }

    /// Ends the engine alone.
    func end(_ signal: Int32) async throws { try await end(.dockerd, signal) }

    func startAgain() async throws {
        // The dead one's id may be taken, by a zombie at least, and the engine would not start beside it.
        try? FileManager.default.removeItem(atPath: "\(home)/engine.pid")  // None after a good end.
        try await launch(.dockerd)
        try await waitUntil("the engine answers") { await isThere() }
    }

    /// What a power cut leaves of the engine, its containerd and its containers; then both start anew.
    /// - Parameter losesMetadata: containerd's own database goes, too.
    func restartHost(losesMetadata: Bool) async throws {
        try await end(.dockerd, SIGKILL)
        try await end(.containerd, SIGKILL)
        let left = Processes.shims(of: containerdSocket)
        for pid in left { kill(pid, SIGKILL) }
        try await waitUntil("shims and containers are gone") { !left.contains(where: Processes.isAlive) }
        try await unmountAll()
        let lost = ["containerd.sock", "containerd-state", "exec"] + (losesMetadata ? ["containerd"] : [])
        for name in lost { try FileManager.default.removeItem(atPath: "\(home)/\(name)") }
        try await launch(.containerd)
        try await waitUntil("containerd listens") { FileManager.default.fileExists(atPath: containerdSocket) }
        try await startAgain()
    }

    private func end(_ daemon: Daemon, _ signal: Int32) async throws {
        let pid = try #require(Self.pid(daemon, in: folder))
        kill(pid, signal)
        try await waitUntil("\(daemon) is gone") { !Processes.isAlive(pid) }
    }

    private func launch(_ daemon: Daemon) async throws {
        // Away from the test runner, which waits for whoever holds one of its descriptors.
        let script = """
            echo $$ >"$1.pid"; exec >>"$1.log" 2>&1; shift
            for open in /proc/self/fd/*; do open=${open##*/}; [ "$open" -le 2 ] || exec {open}>&-; done
            exec "$@"
            """
        try await runProgram(
            "/usr/bin/env",
            ["setsid", "--fork", "bash", "-c", script, "bash", "\(home)/\(daemon)"] + (commands[daemon] ?? []))
    }

    private func isThere() async -> Bool {
        do { return try await !client.info().id.isEmpty } catch { return false }
    }

    private func unmountAll() async throws {
        let mounts = try String(contentsOfFile: "/proc/self/mounts", encoding: .utf8).split(separator: "\n")
            .map { String($0.split(separator: " ")[1]) }
        for mount in mounts.filter({ $0.hasPrefix("\(home)/") }).sorted().reversed() {
            try await runProgram("/usr/bin/env", ["umount", "-l", mount])
        }
    }

    private static func pid(_ daemon: Daemon, in folder: String) -> Int32? {
        // No file: it does not run.
        let file = try? String(contentsOfFile: "\(folder)/docker/\(daemon).pid", encoding: .utf8)
        return file.flatMap { Int32($0.trimmingCharacters(in: .whitespacesAndNewlines)) }
    }
}

/// One engine for all tests of a suite.
struct PrivateEngineTrait: SuiteTrait, TestScoping {
    func provideScope(
        for test: Test, testCase: Test.Case?, performing function: @Sendable () async throws -> Void
    ) async throws {
        try await PrivateEngine.with { engine in
            try await PrivateEngine.$current.withValue(engine) { try await function() }
        }
    }
}

extension Trait where Self == PrivateEngineTrait {
    static var privateEngine: Self { Self() }
}
