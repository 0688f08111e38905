/// A stage as the database knows it: its task type, and what `v2_statuses` says while it runs and after.
public struct StageKind: Sendable, Hashable {
    public let type: TaskType
    public let status: DatasetStatus
    public let flag: DoneFlag

    public init(type: TaskType, status: DatasetStatus, flag: DoneFlag) {
        self.type = type
        self.status = status
        self.flag = flag
    }
}

/// What is measured of a stage, beside whether it worked. Kept in `v2_task_runs`.
public struct StageMeasures: Codable, Sendable, Equatable {
    public var exitCode: Int?
    /// Of the container or the child process.
    public var peakMemoryBytes: Int64?
    /// JSON for operators: settings used, what libraries said.
    public var detail: String?

    public init(exitCode: Int? = nil, peakMemoryBytes: Int64? = nil, detail: String? = nil) {
        self.exitCode = exitCode
        self.peakMemoryBytes = peakMemoryBytes
        self.detail = detail
    }

    var parameters: [SQLValue] { [.optional(exitCode), .optional(peakMemoryBytes), .text(detail ?? "{}")] }
}

/// How a run ended. See `v2_task_runs.outcome`.
public enum Outcome: String, Sendable, Codable {
    case succeeded, failed, canceled, lost, released
    case timedOut = "timed_out"
}

extension Transaction {
    /// Closes the row's open run, where it has one.
    func closeRun(
        _ queueID: Int64, _ outcome: Outcome, error: String? = nil, code: String? = nil,
        measures: StageMeasures = StageMeasures()
    ) throws {
        try run(
            Self.closeOpenRun,
            [.int(queueID), .text(outcome.rawValue), .optional(error), .optional(code)] + measures.parameters)
    }

    private static let closeOpenRun = Statement(
        "close task run",
        """
        UPDATE v2_task_runs SET outcome = $2, error = $3, error_code = $4, exit_code = $5,
          peak_memory_bytes = $6, detail = detail || $7::jsonb, finished_at = clock_timestamp()
        WHERE queue_id = $1 AND outcome IS NULL
        """)
}
