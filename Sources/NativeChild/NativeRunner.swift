import Failures
import Foundation
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
    }

    /// Does `work` in a child and waits for it. Canceling the task kills the child.
    /// - Throws: `Failure`: the work's own, or one that says how the child died; `CancellationError`.
    public func run<Work: NativeWork>(
        _ work: Work, limits: NativeLimits = NativeLimits(), progress: @escaping @Sendable (Double) -> Void = { _ in }
    ) async throws -> NativeResult<Work.Output> {
        let request = try JSONEncoder().encode(NativeRequest(name: Work.name, limits: limits, work: work))
        let stderr = Tail(limit: 4096)
        let result = try await Subprocess.run(
            .path(FilePath(executable)), arguments: ["native"], input: .inputWriter, output: .sequence,
            error: .sequence
        ) { execution -> NativeReply<Work.Output>? in
            // Standard input stays open until the end: the child takes its closing for our death.
            _ = try await execution.standardInputWriter.write(Array(request) + [UInt8(ascii: "\n")])
            async let drained: Void = stderr.fill(from: execution.standardError.strings())
            var last: NativeReply<Work.Output>?
            for try await line in execution.standardOutput.strings(bufferingPolicy: .unbounded) {
                let reply = try JSONDecoder().decode(NativeReply<Work.Output>.self, from: Data(line.utf8))
                if case .progress(let value) = reply { progress(value) } else { last = reply }
            }
            try await drained
            return last
        }
        try Task.checkCancellation()
        return try judge(Work.self, result.closureResult, result.terminationStatus, stderr.text)
    }

    private func judge<Work: NativeWork>(
        _: Work.Type, _ reply: NativeReply<Work.Output>?, _ status: TerminationStatus, _ stderr: String
    ) throws -> NativeResult<Work.Output> {
        switch (reply, status) {
        case (.done(let output, let peak), .exited(0)):
            return NativeResult(output: output, peakMemoryBytes: peak)
        case (.failed(let failure, _), _): throw failure
        case (_, .signaled(let signal)): throw Failure.childCrashed(Work.name, signal: Int(signal), stderr: stderr)
        default: throw Failure.childSilent(Work.name, status: "\(status)", stderr: stderr)
        }
    }
}

/// The last bytes of a stream, for the detail of a failure.
private final class Tail: Sendable {
    private let limit: Int
    private let kept = Mutex("")

    init(limit: Int) { self.limit = limit }

    var text: String { kept.withLock { $0 } }

    func fill<Lines: AsyncSequence & Sendable>(from lines: Lines) async throws where Lines.Element == String {
        for try await line in lines {
            kept.withLock { $0 = String(($0 + line + "; ").suffix(limit)) }
        }
    }
}
