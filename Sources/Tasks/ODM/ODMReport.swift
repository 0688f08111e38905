import DB
import Failures
import Foundation

/// What operators get to see of a run that failed: the JSON in `v2_task_runs.detail`.
struct ODMReport: Encodable {
    let exitCode: Int32?
    let killReason: KillReason?
    let oomKilled: Bool
    let peakMemory: Int64?
    let memoryLimit: Int64?
    /// What `log.json` says; null where there is none.
    let log: ODMRunLog?
    /// What was found wrong with the orthophoto, its code and the library's words.
    let orthophoto: String?
    let lastLines: [String]

    init(_ evidence: ODMEvidence) {
        exitCode = evidence.exitCode
        killReason = evidence.kill
        oomKilled = evidence.oomKilled
        peakMemory = evidence.peakMemory
        memoryLimit = evidence.memoryLimit
        log = evidence.log
        orthophoto = evidence.orthophoto.map { "\($0.code): \($0.detail ?? "no detail")".printable(atMost: 500) }
        lastLines = evidence.tail.suffix(12).map { $0.printable(atMost: 300) }
    }

    /// For the worker's log.
    func line(_ cause: String?) -> String {
        var parts = ["exit code \(exitCode.map(String.init) ?? "none")", "oom killed \(oomKilled)"]
        if let killReason { parts.append("ended for \(killReason.rawValue)") }
        if let peakMemory { parts.append("peak memory \(peakMemory >> 20) MiB") }
        if let cause { parts.append(cause.printable(atMost: 300)) }
        if let process = log?.failedProcesses.last {
            parts.append("\(process.command.prefix(100)) ended with \(process.exitCode)")
        }
        parts.append("last lines: \(lastLines.joined(separator: " | ").suffix(1200))")
        return parts.joined(separator: ", ")
    }

    /// One line of JSON.
    var json: String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        // Strings, whole numbers and truths cannot fail to be encoded.
        let data = (try? encoder.encode(self)) ?? Data("{}".utf8)  // see above
        return String(decoding: data, as: UTF8.self)
    }
}
