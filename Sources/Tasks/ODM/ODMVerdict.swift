import DB
import Failures
import Foundation

/// Decides why a run failed. The exit code alone never does: 1 may be bad data, a lack of memory in a child, or
/// a container that was stopped.
/// Source: ODM's opendm/system.py and stages/odm_app.py, see docs/odm.md.
enum ODMVerdict {
    /// Codes of failures that say nothing of their cause. Worth one retry, and not a second.
    static let unexplained: Set<String> = [
        "odm_failed", "odm_crashed", "odm_strange_values", "odm_broken_orthophoto",
    ]

    /// Nil when the run succeeded. The detail is a line for the log; `ODMReport` has all that is known.
    static func failure(_ evidence: ODMEvidence) -> Failure? {
        // A run that ended well may have said on its way that a child of it was killed, and tried again in tiles;
        // and it may have ended just before the stop that its deadline brought.
        if evidence.exitCode == 0, evidence.log?.success == true, evidence.orthophoto == nil,
            evidence.kill != .canceled, evidence.kill != .stale
        {
            return nil
        }
        let found =
            own(evidence) ?? memory(evidence) ?? stopped(evidence) ?? disk(evidence) ?? data(evidence)
            ?? setup(evidence) ?? child(evidence) ?? result(evidence)
        let isSpent = unexplained.contains(found.code) && evidence.unexplainedFailures > 0
        return Failure(
            found.code, found.sentence, detail: ODMReport(evidence).line(found.detail),
            retry: isSpent ? .never : found.retry)
    }

    /// Our own kill, whatever the container made of it. 124 is `timeout`, its first process.
    private static func own(_ evidence: ODMEvidence) -> Failure? {
        let limit = evidence.limit.map { "the \(inWords($0)) limit" } ?? "the time limit"
        switch evidence.kill {
        case .deadline: return .odmTimedOut(limit)
        case .disk:
            return Failure(
                "odm_disk_full", "the worker's disk was nearly full, so the ODM run was stopped; it is tried again",
                retry: .later)
        case .stalled:
            let time = evidence.limit.map { "for \(inWords($0))" } ?? "for a long time"
            return Failure(
                "odm_stalled", "the ODM run neither printed nor computed anything \(time) and was stopped",
                retry: .later)
        case .canceled, .stale: return .odmInterrupted()
        case nil: return evidence.exitCode == 124 ? .odmTimedOut(limit) : nil
        }
    }

    private static func memory(_ evidence: ODMEvidence) -> Failure? {
        let texts = [
            "ran out of memory!", "Child returned 137", "MemoryError", "std::bad_alloc", "enough memory to render",
        ]
        // A daemon that stops ends what does not stop with 137, too. ODM says that it was asked to.
        let isBareKill = evidence.exitCode == 137 && !evidence.says("Caught TERM/INT signal")
        guard
            evidence.saysKilled || evidence.says(texts) || isBareKill
                || (evidence.exitCode != 0 && evidence.oomKilled)
        else { return nil }
        return .odmOutOfMemory(
            peak: evidence.peakMemory, limit: evidence.memoryLimit, again: evidence.hasGentlerPlan)
    }

    private static func stopped(_ evidence: ODMEvidence) -> Failure? {
        evidence.says("Caught TERM/INT signal") || evidence.exitCode == 143 ? .odmInterrupted() : nil
    }

    private static func disk(_ evidence: ODMEvidence) -> Failure? {
        guard evidence.says("No space left on device", "Errno 28", "Disk quota exceeded", "queue.Full") else {
            return nil
        }
        return Failure("odm_disk_full", "the worker's disk was full during the ODM run", retry: .later)
    }

    private static func data(_ evidence: ODMEvidence) -> Failure? {
        ODMVerdict.texts.first { evidence.says($0.texts) }.map { Failure($0.code, $0.sentence, retry: $0.retry) }
    }

    private static func setup(_ evidence: ODMEvidence) -> Failure? {
        let code = evidence.exitCode
        switch true {
        case code == 2 || (code == 1 && evidence.says("unrecognized arguments:", "error: argument -")):
            return Failure("odm_bad_arguments", "ODM refused its command line; an operator has to look at ODM_ARGS")
        case code == 3 || code == 127 || evidence.says("can't find a program"):
            return Failure(
                "odm_bad_image", "the ODM image lacks a program that it needs; an operator has to look at ODM_IMAGE")
        case code == 132 || evidence.says("your CPU is not supported"):
            return Failure(
                "odm_bad_cpu", "the worker's processor is too old for ODM; an operator has to look at it")
        // What an engine reports of a container that it lost in a reboot; or it does not know it at all.
        case code == 255 || code == nil:
            return Failure(
                "odm_lost", "the ODM run was lost: its host or its Docker Engine was restarted", retry: .later)
        default: return nil
        }
    }

    /// ODM's "strange values" stands for any child that ended with 1, 134 or 139: a full disk, a bad build, bad data.
    private static func child(_ evidence: ODMEvidence) -> Failure? {
        guard let code = evidence.exitCode, code != 0 else { return nil }
        if evidence.says("because of strange values") {
            return Failure(
                "odm_strange_values",
                "ODM stopped because of strange values; often the photos overlap too little or are blurred",
                retry: .later)
        }
        let stage = evidence.log?.stage.map { " in \($0)" } ?? ""
        if [134, 135, 136, 139].contains(code) {
            return Failure("odm_crashed", "ODM crashed\(stage) while it worked on the photos", retry: .later)
        }
        return Failure("odm_failed", "ODM failed\(stage) for a reason that it did not name", retry: .later)
    }

    /// Exit 0 alone proves nothing: ODM also ends with 0 when it could not render, and an engine that lost a
    /// container's traces reports 0.
    private static func result(_ evidence: ODMEvidence) -> Failure {
        guard evidence.log?.success == true else {
            return Failure(
                "odm_lost", "the ODM run ended without saying that it succeeded", retry: .later)
        }
        return evidence.orthophoto ?? .noOrthophoto()
    }

    static func inWords(_ duration: Duration) -> String {
        let seconds = duration.components.seconds
        return seconds % 3600 == 0 ? "\(seconds / 3600) h" : seconds % 60 == 0 ? "\(seconds / 60) min" : "\(seconds) s"
    }
}
