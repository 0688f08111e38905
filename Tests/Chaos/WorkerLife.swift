import Foundation
import TestSupport

/// One worker process, from its start to its end.
final class WorkerLife {
    let name: String
    let log: String
    private let process = Process()

    init(number: Int, site: ChaosSite, concurrency: Int, once: Bool = false) throws {
        name = "w-\(number)"
        log = "\(site.folder)/logs/\(name).log"
        process.executableURL = URL(fileURLWithPath: "/proc/self/exe")
        process.arguments = [
            "worker", "--database", number % 2 == 0 || once ? site.url : site.proxiedURL, "--name", name,
            "--host", ChaosSite.host(of: number), "--seed", "\(site.seed)",
            "--concurrency", "\(concurrency)", "--folder", site.folder,
        ]
        if once { process.arguments?.append("--once") }
        if !FileManager.default.fileExists(atPath: log) {
            _ = FileManager.default.createFile(atPath: log, contents: nil)
        }
        let handle = try FileHandle(forWritingTo: URL(fileURLWithPath: log))
        try handle.seekToEnd()
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = handle
        process.standardError = handle
        try process.run()
        try handle.close()
    }

    var isRunning: Bool { process.isRunning }

    func send(_ signal: Int32) {
        if process.isRunning { kill(process.processIdentifier, signal) }
    }

    /// What is wrong about how the process ended; nil for the ends that are to be expected in a run.
    /// - Parameter mayFail: whether another may have started under its name, after which it ends with 1.
    func strangeEnd(mayFail: Bool) -> String? {
        guard !process.isRunning else { return "worker \(name) did not stop" }
        switch (process.terminationReason, process.terminationStatus) {
        // A signal may come before the process has said that it handles it, and a second one ends it at once.
        case (.exit, 0), (.uncaughtSignal, SIGKILL), (.uncaughtSignal, SIGTERM): return nil
        case (.exit, 1) where mayFail: return nil
        case (.exit, let code): return "worker \(name) ended with exit code \(code); see \(log)"
        case (_, let signal): return "worker \(name) died by signal \(signal); see \(log)"
        }
    }
}

/// Where one run lives.
struct ChaosSite: Sendable {
    let seed: UInt64
    let url: String
    /// Through the proxy that fails; every other worker's.
    let proxiedURL: String
    let folder: String

    /// Workers share these, as several processes on one machine do.
    static let hosts = 4

    static func host(of worker: Int) -> String { "h\(worker % hosts)" }
    func scratch(of host: String) -> String { "\(folder)/work/\(host)" }
}
