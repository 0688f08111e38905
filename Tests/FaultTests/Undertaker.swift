import Foundation
import TestSupport
import Testing

/// A process that waits for the end of the test runner, however that comes about, or to be asked; then it runs one of
/// the repository's scripts.
final class Undertaker {
    private let process = Process()
    private let pipe = Pipe()
    private let ended: AsyncStream<Void>

    init(_ command: [String], _ settings: [String: String]) throws {
        // No other process is to hold this end open.
        _ = fcntl(pipe.fileHandleForWriting.fileDescriptor, F_SETFD, FD_CLOEXEC)
        process.executableURL = URL(fileURLWithPath: "/bin/sh")
        // Who ends the runner ends its children as well; this one has work left.
        process.arguments =
            [
                "-c", #"trap '' HUP INT TERM; cat; exec "$@""#, "sh", script(command[0]),
            ] + command.dropFirst()
        process.environment = ProcessInfo.processInfo.environment.merging(settings) { $1 }
        process.standardInput = pipe
        let (ended, end) = AsyncStream.makeStream(of: Void.self)
        self.ended = ended
        process.terminationHandler = { _ in end.finish() }
        try process.run()
    }

    /// Has the script run now, and waits for its end.
    func work() async throws {
        try pipe.fileHandleForWriting.close()
        for await _ in ended {}
        #expect(process.terminationStatus == 0)
    }
}

/// The path of one of the repository's scripts.
func script(_ name: String) -> String { BuiltProducts.repository.appending(path: "scripts/\(name)").path }

/// Looks at the processes of this machine.
enum Processes {
    /// A zombie has ended, though nobody has asked after it yet.
    static func isAlive(_ pid: Int32) -> Bool {
        // One that is gone has no such file.
        guard let stat = try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8) else { return false }
        return stat.split(separator: ")").last?.trimmingCharacters(in: .whitespaces).first != "Z"
    }

    /// The shims of a containerd, and what they run.
    static func shims(of socket: String) -> [Int32] {
        all.filter { pid in
            // One that has just ended has no such file.
            let line = FileManager.default.contents(atPath: "/proc/\(pid)/cmdline") ?? Data()
            let text = String(decoding: line, as: UTF8.self)
            return text.contains("containerd-shim") && text.contains(socket)
        }.flatMap { [$0] + descendants(of: $0) }
    }

    private static var all: [Int32] {
        ((try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []).compactMap { Int32($0) }  // Linux has it.
    }

    private static func descendants(of pid: Int32) -> [Int32] {
        all.filter { child in
            // As above.
            let stat = try? String(contentsOfFile: "/proc/\(child)/stat", encoding: .utf8)
            return stat?.split(separator: ")").last?.split(separator: " ").dropFirst().first.flatMap { Int32($0) }
                == pid
        }.flatMap { [$0] + descendants(of: $0) }
    }
}
