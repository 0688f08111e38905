import Failures
import Foundation
import Glibc
import Subprocess
import Synchronization
import SystemPackage

/// Runs native work in children of this executable.
public struct NativeRunner: Sendable {
    private let executable: String

    /// - Parameter executable: a `deadtrees` binary, whose hidden subcommand `native` is the child's side.
    ///   Default: the running one.
    public init(executable: String = "/proc/self/exe") {
        // A path by name survives a deploy that replaces the file under a running worker only as the new file;
        // /proc/self/exe is always the code that is running.
        self.executable = executable
        Self.brokenPipesAreErrors
    }

    /// A child that ends before it has read its request must not end us by SIGPIPE. The threads of Swift's pool
    /// block it; those of another executor need not.
    private static let brokenPipesAreErrors: Void = { signal(SIGPIPE, SIG_IGN) }()

    /// Swift's backtrace of a crash is long and would take the place of the library's last words.
    private static let environment: [Environment.Key: String?] = ["SWIFT_BACKTRACE": "enable=no"]

    /// Ctrl-C and a service manager signal the whole process group: what the child does is the worker's to end.
    private static let ownGroup = {
        var options = PlatformOptions()
        options.processGroupID = 0
        return options
    }()

    /// Does `work` in a child and waits for it. Canceling the task kills the child.
    /// - Throws: `Failure`: the work's own, or one that says how the child died; `CancellationError`.
    public func run<Work: NativeWork>(
        _ work: Work, limits: NativeLimits = NativeLimits(), progress: @escaping @Sendable (Double) -> Void = { _ in }
    ) async throws -> NativeResult<Work.Output> {
        try Task.checkCancellation()
        let request = try JSONEncoder().encode(NativeRequest(name: Work.name, limits: limits, work: work))
        let end: ChildEnd<Work.Output>
        do {
            end = try await runChild(request, progress)
        } catch {
            try Task.checkCancellation()
            throw Failure.childNotRun(Work.name, error)
        }
        try Task.checkCancellation()
        switch (end.reply, end.status) {
        case (.done(let output, let peak), .exited(0)): return NativeResult(output: output, peakMemoryBytes: peak)
        case (.failed(let failure, _), _): throw failure
        default: throw Failure.childEnded(Work.name, end.status, limits, stderr: end.stderr)
        }
    }

    private func runChild<Output>(
        _ request: Data, _ progress: @escaping @Sendable (Double) -> Void
    ) async throws -> ChildEnd<Output> {
        let stderr = Tail(limit: 4096)
        let result = try await Subprocess.run(
            .path(FilePath(executable)), arguments: ["native"], environment: .inherit.updating(Self.environment),
            platformOptions: Self.ownGroup, input: .inputWriter, output: .sequence, error: .sequence
        ) { execution -> NativeReply<Output>? in
            async let drained: Void = stderr.fill(from: execution.standardError)
            // Standard input stays open until the end: the child takes its closing for our death.
            // A child that does not read it has ended, and its status says how.
            _ = try? await execution.standardInputWriter.write(Array(request) + [UInt8(ascii: "\n")])
            var last: NativeReply<Output>?
            for try await line in execution.standardOutput.strings(bufferingPolicy: .unbounded) {
                // What is no reply counts as none.
                let reply = try? JSONDecoder().decode(NativeReply<Output>.self, from: Data(line.utf8))
                if case .progress(let value) = reply { progress(value) } else { last = reply ?? last }
            }
            try await drained
            return last
        }
        return ChildEnd(reply: result.closureResult, status: result.terminationStatus, stderr: stderr.text)
    }
}

/// What a child has left.
private struct ChildEnd<Output: Codable & Sendable>: Sendable {
    let reply: NativeReply<Output>?
    let status: TerminationStatus
    let stderr: String
}

/// The last bytes of a stream, for the detail of a failure. They need not be lines, nor UTF-8.
private final class Tail: Sendable {
    private let limit: Int
    private let kept = Mutex(Data())

    init(limit: Int) { self.limit = limit }

    var text: String { kept.withLock { String(decoding: $0, as: UTF8.self) } }

    func fill(from stream: SubprocessOutputSequence) async throws {
        for try await buffer in stream {
            let bytes = buffer.withUnsafeBytes { Data($0.suffix(limit)) }
            kept.withLock { $0 = Data(($0 + bytes).suffix(limit)) }
        }
    }
}
