import Failures
public import Foundation

/// One stage of one attempt, as `v2_task_runs` keeps it.
public struct TaskRunReading: Sendable, Encodable {
    public let queueID: Int64
    public let datasetID: Int64
    public let taskType: String
    public let attempt: Int
    public let worker: String
    public let startedAt: Date
    @OrNull public var finishedAt: Date?
    /// Nil while it runs.
    @OrNull public var outcome: String?
    @OrNull public var error: String?
    @OrNull public var errorCode: String?
    @OrNull public var exitCode: Int?
    @OrNull public var peakMemoryBytes: Int64?

    init(_ row: Row) throws {
        queueID = try row.get("queue_id")
        datasetID = try row.get("dataset_id")
        taskType = try row.get("task_type")
        attempt = try row.get("attempt")
        worker = try row.get("worker")
        startedAt = try row.date("started_at")
        finishedAt = try row.dateIfPresent("finished_at")
        outcome = try row.getIfPresent("outcome")
        error = try row.getIfPresent("error")
        errorCode = try row.getIfPresent("error_code")
        exitCode = try row.getIfPresent("exit_code")
        peakMemoryBytes = try row.getIfPresent("peak_memory_bytes")
    }

    static let select = """
        SELECT queue_id, dataset_id, task_type, attempt, worker, outcome, error, error_code, exit_code, peak_memory_bytes,
          extract(epoch FROM started_at) AS started_at, extract(epoch FROM finished_at) AS finished_at
        FROM v2_task_runs
        """
}

/// All that was ever done for one dataset.
public struct DatasetHistory: Sendable, Encodable {
    /// By the database's clock.
    public let readAt: Date
    public let datasetID: Int64
    /// Oldest first.
    public let runs: [TaskRunReading]
    /// What its stages warned of when they last succeeded.
    public let warnings: [WarningReading]
}

extension JobQueue {
    /// - Throws: `Failure` with code `not_found` when there is neither such a dataset nor a run of it.
    public func history(of datasetID: Int64) async throws -> DatasetHistory {
        try await reading { transaction in
            let runs = try transaction.run(Self.readDatasetRuns, [.int(datasetID)]).map(TaskRunReading.init)
            if try runs.isEmpty && transaction.run(Self.findDataset, [.int(datasetID)]).isEmpty {
                throw Failure.noDataset(datasetID)
            }
            return try DatasetHistory(
                readAt: transaction.now(), datasetID: datasetID, runs: runs,
                warnings: transaction.warnings(of: datasetID))
        }
    }

    private static let readDatasetRuns = Statement(
        "read runs of dataset", "\(TaskRunReading.select) WHERE dataset_id = $1 ORDER BY started_at, id")

    private static let findDataset = Statement("find dataset", "SELECT id FROM v2_datasets WHERE id = $1")
}
