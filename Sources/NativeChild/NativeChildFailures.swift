import Failures
import Glibc
import Subprocess

extension Failure {
    /// A child that ended without an answer.
    static func childEnded(
        _ work: String, _ status: TerminationStatus, _ limits: NativeLimits, stderr: String
    ) -> Failure {
        let detail = "child ended: \(status); stderr: \(stderr)"
        guard case .signaled(let signal) = status else {
            return Failure(
                "native_silent", "\(work) could not be finished: its process ended without a result",
                detail: detail, retry: .later)
        }
        if [SIGTERM, SIGINT, SIGHUP].contains(signal) {
            return Failure(
                "native_stopped", "\(work) could not be finished: its process was stopped from outside", detail: detail,
                retry: .later)
        }
        if signal == SIGKILL {
            return Failure(
                "native_killed",
                "\(work) could not be finished: its process was killed, most likely because the host's memory ran out",
                detail: detail, retry: .later)
        }
        if signal != SIGXCPU, signal != SIGXFSZ, lackedMemory(stderr) {
            return Failure(
                "native_memory_limit",
                "\(work) could not be finished: it needs more than the \(limits.memory >> 20) MiB of memory it may use",
                detail: detail)
        }
        let (code, reason) =
            switch signal {
            case SIGXCPU: ("native_cpu_limit", "it used up its limit of CPU time")
            case SIGXFSZ: ("native_file_limit", "it wrote a file larger than allowed")
            case SIGABRT: ("native_aborted", "the library that reads the file gave up on it")
            default: ("native_crashed", "the library that reads the file crashed on it")
            }
        return Failure(
            code, "\(work) could not be finished: \(reason); the file may be damaged",
            detail: "signal \(signal); \(detail)")
    }

    /// No child could be started, or not be listened to.
    static func childNotRun(_ work: String, _ error: any Error) -> Failure {
        Failure(
            "native_not_run", "\(work) could not be begun: the worker could not run a process for it",
            detail: "\(error)", retry: .later)
    }

    /// The last words of C++, of libc and of Swift's runtime when an allocation fails.
    private static func lackedMemory(_ stderr: String) -> Bool {
        ["bad_alloc", "Cannot allocate memory", "ould not allocate memory", "out of memory", "failed to allocate"]
            .contains { stderr.contains($0) }
    }
}
