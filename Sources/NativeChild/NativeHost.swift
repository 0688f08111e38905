import Failures
import Foundation
import Glibc

/// The child's side: reads one request from standard input, does it under its limits, answers on standard output.
public struct NativeHost {
    private let kinds: [String: any NativeWork.Type]

    /// - Parameter kinds: every kind of work this executable can do.
    public init(_ kinds: [any NativeWork.Type]) {
        self.kinds = Dictionary(uniqueKeysWithValues: kinds.map { ($0.name, $0) })
    }

    /// Serves one request. Returns the process's exit status: 0 done, 1 failed, 2 not understood.
    public func serve() -> Int32 {
        let replies = takeStandardOutput()
        guard let line = readLine(strippingNewline: true) else { return 2 }
        do {
            let head = try JSONDecoder().decode(NativeRequestHead.self, from: Data(line.utf8))
            guard let kind = kinds[head.name] else { return 2 }
            dieWithParent()
            apply(head.limits)
            return try perform(kind, Data(line.utf8), head.limits, replies)
        } catch {
            FileHandle.standardError.write(Data("native child: \(error)\n".utf8))
            return 2
        }
    }

    private func perform<Work: NativeWork>(
        _: Work.Type, _ line: Data, _ limits: NativeLimits, _ replies: FileHandle
    ) throws -> Int32 {
        let work = try JSONDecoder().decode(NativeRequest<Work>.self, from: line).work
        var sent = -1.0
        do {
            let output = try work.run { value in
                // A library may report thousands of times a second; people look once in a while.
                guard value - sent >= 0.005 || value >= 1 else { return }
                sent = value
                // Nobody may be listening any more; dieWithParent sees to that.
                try? send(NativeReply<Work.Output>.progress(value), replies)
            }
            try send(NativeReply<Work.Output>.done(output, peakMemoryBytes: peakMemory()), replies)
            return 0
        } catch {
            try send(NativeReply<Work.Output>.failed(Failure(error), peakMemoryBytes: peakMemory()), replies)
            return 1
        }
    }

    private func send(_ reply: some Encodable, _ replies: FileHandle) throws {
        try replies.write(contentsOf: JSONEncoder().encode(reply) + [UInt8(ascii: "\n")])
    }

    /// Keeps standard output for replies alone: what a library prints goes to standard error.
    private func takeStandardOutput() -> FileHandle {
        let replies = dup(STDOUT_FILENO)
        dup2(STDERR_FILENO, STDOUT_FILENO)
        return FileHandle(fileDescriptor: replies, closeOnDealloc: false)
    }

    /// Ends the process when standard input closes. prctl(PR_SET_PDEATHSIG) would fire as soon as the thread
    /// that started us ends, and the parent's threads come and go.
    private func dieWithParent() {
        Thread.detachNewThread {
            var byte: UInt8 = 0
            while read(STDIN_FILENO, &byte, 1) > 0 {}
            _exit(1)
        }
    }

    private func apply(_ limits: NativeLimits) {
        set(RLIMIT_AS, limits.memory)
        // At the soft limit comes SIGXCPU, which says what it is; at the hard one SIGKILL, which does not.
        set(RLIMIT_CPU, limits.cpuSeconds, hard: limits.cpuSeconds + 10)
        set(RLIMIT_FSIZE, limits.fileSize)
        set(RLIMIT_CORE, 0)
    }

    private func set(_ resource: __rlimit_resource, _ value: UInt64, hard: UInt64? = nil) {
        var limit = rlimit(rlim_cur: rlim_t(value), rlim_max: rlim_t(hard ?? value))
        setrlimit(__rlimit_resource_t(resource.rawValue), &limit)
    }

    private func peakMemory() -> Int64 {
        var usage = rusage()
        getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
        return Int64(usage.ru_maxrss) * 1024
    }
}
