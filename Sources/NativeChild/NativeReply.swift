import Failures

/// One line of the child's standard output.
enum NativeReply<Output: Codable & Sendable>: Codable, Sendable {
    case progress(Double)
    case done(Output, peakMemoryBytes: Int64)
    case failed(Failure, peakMemoryBytes: Int64)
}

extension Failure {
    static func childCrashed(_ work: String, signal: Int, stderr: String) -> Failure {
        let (code, reason) =
            switch signal {
            case 24: ("native_cpu_limit", "it used up its limit of CPU time")
            case 25: ("native_file_limit", "it wrote a file larger than allowed")
            case 9: ("native_killed", "it was killed, most likely because memory ran out")
            case 6: ("native_aborted", "the library that reads the file gave up on it")
            default: ("native_crashed", "the library that reads the file crashed on it")
            }
        return Failure(
            code, "\(work) could not be finished: \(reason); the file may be damaged",
            detail: "child ended by signal \(signal); stderr: \(stderr)")
    }

    static func childSilent(_ work: String, status: String, stderr: String) -> Failure {
        Failure(
            "native_silent", "\(work) could not be finished: its process ended without a result",
            detail: "\(status); stderr: \(stderr)", retry: .later)
    }

    static func outOfMemory(_ work: String, limit: UInt64) -> Failure {
        Failure(
            "native_memory_limit",
            "\(work) could not be finished: it needs more than the \(limit >> 20) MiB of memory it may use")
    }
}
