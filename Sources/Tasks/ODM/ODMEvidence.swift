import DB
import Failures

/// What is known of an ODM run that has ended.
struct ODMEvidence: Codable, Sendable {
    /// Why we ended it; nil when it ended by itself or by somebody else.
    var kill: KillReason?
    /// The limit that `kill` enforced: how long a run may take, or how long it may be silent.
    var limit: Duration?
    /// Nil where the engine knows no such container any more.
    var exitCode: Int32?
    /// The engine's mark. A child of ODM that the kernel killed may leave it unset, and a run may survive one.
    var oomKilled = false
    /// Bytes, of all processes together.
    var peakMemory: Int64?
    /// The container's limit, bytes.
    var memoryLimit: Int64?
    /// The last lines of output, without colours.
    var tail: [String] = []
    /// What ODM has written about this run; nil where there is nothing that can be read.
    var log: ODMRunLog?
    /// What is wrong with the orthophoto, nil where it can be used. `CheckOrthophoto` finds out.
    var orthophoto: Failure? = .noOrthophoto()
    /// Runs of this row that ended before with a code of `ODMVerdict.unexplained`.
    var unexplainedFailures = 0
    /// After a lack of memory there are gentler settings to try, `ODMPlan.hasGentlerPlan`.
    var hasGentlerPlan = true

    func says(_ texts: String...) -> Bool { says(texts) }

    func says(_ texts: [String]) -> Bool {
        let lines = tail + (log?.errorMessage.map { [$0] } ?? [])
        return lines.contains { line in texts.contains { line.contains($0) } }
    }

    /// A shell's word on a child that the kernel killed: `Killed`, or `…: line 7: 123 Killed   odm_orthophoto …`.
    var saysKilled: Bool {
        let isInTail = tail.contains { line in
            line == "Killed" || line.hasSuffix(" Killed") || line.contains(#/line [0-9]+: +[0-9]+ Killed /#)
        }
        return isInTail || log?.failedProcesses.last?.exitCode == 137
    }
}

extension Failure {
    static func noOrthophoto(_ detail: String? = nil) -> Failure {
        Failure(
            "odm_no_orthophoto", "ODM finished without an orthophoto: the photos could not be placed on the ground",
            detail: detail)
    }
}
