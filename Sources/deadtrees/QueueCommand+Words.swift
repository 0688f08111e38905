import DB
import Foundation

/// How moments and states are written for people.
extension Output {
    /// `2026-11-22 15:16:20 UTC (3 min 20 s ago)`, or `(in 2 h 5 min)`.
    static func moment(_ date: Date, readAt now: Date) -> String {
        let style = Date.ISO8601FormatStyle(dateTimeSeparator: .space).year().month().day().time(
            includingFractionalSeconds: false)
        let seconds = now.timeIntervalSince(date)
        let distance = seconds < 0 ? "in \(duration(-seconds))" : "\(duration(seconds)) ago"
        return "\(date.formatted(style)) UTC (\(distance))"
    }

    /// `3 min 20 s`; never negative, whatever the clocks say.
    static func age(_ date: Date, readAt now: Date) -> String {
        duration(max(0, now.timeIntervalSince(date)))
    }

    /// `odm_processing 43 %, dense point cloud`
    static func stage(_ stage: String?, progress: Double, note: String?) -> String {
        guard let stage else { return note ?? "between two stages" }
        return "\(stage) \(Int(progress * 100)) %" + (note.map { ", \($0)" } ?? "")
    }

    /// A heading and a line each; nothing where there are none.
    static func warnings(_ warnings: [WarningReading]) {
        guard !warnings.isEmpty else { return }
        print("\nwarnings:")
        for warning in warnings {
            for sentence in warning.sentences { print("  \(warning.taskType): \(sentence)") }
        }
    }
}

extension QueueEntry {
    /// What the row is doing, in one cell of a table.
    func doing(readAt: Date) -> String {
        switch state {
        case .running:
            "running on \(worker ?? "?"): \(Output.stage(stage, progress: progress ?? 0, note: note))\(silence(readAt))"
        case .waiting: "waiting" + (why.map { ": \($0)" } ?? "")
        case .orphaned: why ?? "marked as running, but no worker holds it"
        }
    }

    private func silence(_ readAt: Date) -> String {
        guard let heartbeatAt, isSilent else { return "" }
        return ", no heartbeat for \(Output.age(heartbeatAt, readAt: readAt))"
    }
}

extension EndReading {
    /// `left the queue: failed, the photos overlap too little`
    var words: String { "left the queue: \(outcome)" + (error.map { ", \($0)" } ?? "") }
}

extension TaskRunReading {
    static let columns = ["stage", "attempt", "started", "duration", "outcome", "worker", "error"]

    func cells(readAt: Date) -> [String?] {
        [
            taskType, "\(attempt)", Output.moment(startedAt, readAt: readAt),
            Output.age(startedAt, readAt: finishedAt ?? readAt), outcome ?? "running", worker, error,
        ]
    }
}

extension ODMRunReading {
    static let columns = ["container", "attempt", "started", "duration", "deadline", "end", "host"]

    func cells(readAt: Date) -> [String?] {
        [
            containerID.map { String($0.prefix(12)) }, "\(attempt)",
            startedAt.map { Output.moment($0, readAt: readAt) },
            startedAt.map { Output.age($0, readAt: endedAt ?? readAt) }, Output.moment(deadlineAt, readAt: readAt), end,
            host,
        ]
    }

    /// `exit code 0`, `killed: deadline, exit code 137`, `running`.
    private var end: String {
        var words = killReason.map { [(endedAt == nil ? "being killed: " : "killed: ") + $0.rawValue] } ?? []
        if let exitCode {
            words.append("exit code \(exitCode)")
        } else if words.isEmpty {
            words.append(startedAt == nil ? "not started" : endedAt == nil ? "running" : "gone")
        }
        return words.joined(separator: ", ")
    }
}
