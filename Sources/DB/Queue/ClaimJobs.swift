public import Foundation

/// A row of `v2_queue` that a worker has claimed.
public struct ClaimedJob: Sendable, Equatable {
    public let token: LeaseToken
    public let datasetID: Int64
    public let userID: UUID
    /// As the row names them; the worker runs them in the order of its registry.
    public let taskTypes: [TaskType]
    /// Stages that this request has finished in earlier attempts.
    public let stagesDone: Set<TaskType>
    /// Whether an earlier claim ended without a word, so that a container of it may still be running.
    public let isTakenOver: Bool
    /// Whether that claim had a container on record.
    public let hasContainer: Bool
    /// The stage whose run the claim has opened; nil where there is none to run, or one that the worker does not know.
    public let stage: TaskType?
    /// How many attempts of the row ended in a failure or without a word: what MAX_ATTEMPTS counts.
    public let failedAttempts: Int
    /// Whether the dataset was deleted, where no foreign key has taken the row with it.
    public let isDatasetGone: Bool

    public var queueID: Int64 { token.queueID }
}

extension JobQueue {
    /// Takes up to `limit` rows, claims that ran out first, then waiting rows by priority and age, and opens the run
    /// of each row's first stage.
    ///
    /// Returns nothing while the queue is paused or the worker is drained. `lease` is how long the claim holds
    /// without a heartbeat; all times are the database's. Counts as the worker's heartbeat.
    /// - Parameters:
    ///   - stages: what the worker can run, in its order.
    ///   - known: the queue ids that this process runs, when leases under its name that are not among them are to be
    ///     taken over: those of its earlier life, or of a claim whose answer was lost. Nil looks for none.
    ///   - watchdogAge: how long ago the worker's watchdog last looked; nil when it has not.
    public func claim(
        for worker: WorkerIdentity, stages: [StageKind], limit: Int, lease: Duration, known: [Int64]? = nil,
        watchdogAge: Duration? = nil
    ) async throws -> [ClaimedJob] {
        let rows = try await database.run(
            Self.claimJobs,
            [
                .text(worker.name), .text(worker.instance.uuidString), .text(worker.host),
                .array(stages.map(\.type.rawValue)), .array(stages.map(\.status.rawValue)),
                .array(stages.map(\.flag.rawValue)), .int(limit), .interval(lease), known.map { .array($0) } ?? .null,
                watchdogAge.map { .interval($0) } ?? .null,
            ])
        return try rows.map { try ClaimedJob(row: $0, worker: worker.name) }
    }

    /// How long until the next backoff is over, or nil when no row waits for that.
    public func nextBackoff() async throws -> Duration? {
        let rows = try await database.run(Self.nextBackoffEnd)
        return try rows.first?.getIfPresent("seconds", as: Double.self).map { .seconds(max(0, $0)) }
    }

    private static let claimJobs = Statement(
        "claim jobs", "SELECT * FROM v2_claim($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)")
    private static let nextBackoffEnd = Statement("next backoff", "SELECT v2_next_backoff_seconds() AS seconds")
}

extension ClaimedJob {
    init(row: Row, worker: String) throws {
        token = try LeaseToken(queueID: row.get("queue_id"), worker: worker, attempt: row.get("attempt"))
        datasetID = try row.get("dataset_id")
        userID = try row.get("user_id")
        taskTypes = (try row.getIfPresent("task_types", as: [String].self) ?? []).map(TaskType.init)
        stagesDone = Set(try row.get("stages_done", as: [String].self).map(TaskType.init))
        isTakenOver = try row.get("is_taken_over")
        hasContainer = try row.get("has_container")
        stage = try row.getIfPresent("stage", as: String.self).map(TaskType.init)
        failedAttempts = try row.get("failed_attempts")
        isDatasetGone = try row.get("is_dataset_gone")
    }
}

extension UUID: SQLDecodable {
    public init?(sqlText: String) { self.init(uuidString: sqlText) }
}
