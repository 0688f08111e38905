/// One stage of one attempt, as the history and the dataset's status know it.
public struct StageStart: Sendable {
    public let token: LeaseToken
    public let datasetID: Int64
    public let taskType: TaskType
    public let status: DatasetStatus
    public let flag: DoneFlag

    public init(
        token: LeaseToken, datasetID: Int64, taskType: TaskType, status: DatasetStatus, flag: DoneFlag
    ) {
        self.token = token
        self.datasetID = datasetID
        self.taskType = taskType
        self.status = status
        self.flag = flag
    }
}

/// What is measured of a stage, beside whether it worked. Kept in `v2_task_runs`.
public struct StageMeasures: Sendable, Equatable {
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

extension JobQueue {
    /// Opens the stage's row in the history and shows the stage in the lease and in the dataset's status.
    /// - Throws: `Failure` with code `lease_lost`.
    public func begin(_ stage: StageStart) async throws {
        try await database.transaction { transaction in
            try transaction.fence(stage.token)
            try transaction.run(
                Self.openRun,
                stage.token.parameters + [.int(stage.datasetID), .text(stage.taskType.rawValue)])
            try transaction.run(Self.showStage, [.int(stage.token.queueID), .text(stage.taskType.rawValue)])
            try transaction.markStarted(stage.datasetID, stage.status, stage.flag)
        }
    }

    /// Publishes a stage's result: the rows that `record` writes, the flag and the history, all or nothing.
    /// - Throws: `Failure` with code `lease_lost`, after which nothing of it is in the database.
    public func complete(
        _ stage: StageStart, measures: StageMeasures, record: @escaping @Sendable (Transaction) throws -> Void
    ) async throws {
        try await database.transaction { transaction in
            try transaction.fence(stage.token)
            try record(transaction)
            try transaction.closeRun(stage.token.queueID, .succeeded, measures: measures)
            try transaction.run(Self.endStage, [.int(stage.token.queueID)])
            if stage.flag == .odm { try transaction.run(Self.gpuNoLongerNeeded, [.int(stage.token.queueID)]) }
            try transaction.markDone(stage.datasetID, stage.flag)
        }
    }

    private static let openRun = Statement(
        "open task run",
        """
        INSERT INTO v2_task_runs (queue_id, worker, attempt, dataset_id, task_type) VALUES ($1, $2, $3, $4, $5)
        -- The answer to an earlier try may have been lost on its way.
        ON CONFLICT (queue_id) WHERE outcome IS NULL DO NOTHING
        """)

    private static let showStage = Statement(
        "show stage",
        "UPDATE v2_queue_lease SET stage = $2, progress = 0, note = NULL WHERE queue_id = $1")

    private static let endStage = Statement(
        "end stage",
        """
        UPDATE v2_queue_lease SET stage = NULL, progress = 0, note = NULL, container_id = NULL, deadline_at = NULL,
          gpu_slot = NULL
        WHERE queue_id = $1
        """)

    private static let gpuNoLongerNeeded = Statement(
        "gpu no longer needed", "UPDATE v2_queue SET needs_gpu = false WHERE id = $1")
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
