public import Foundation

/// One ODM container of a queue row, as `v2_odm_runs` has it.
public struct ODMRunReading: Sendable, Encodable {
    public let attempt: Int
    public let worker: String
    public let host: String
    @OrNull public var gpuSlot: String?
    /// Nil for a run whose container was not made (yet).
    @OrNull public var containerID: String?
    public let plannedAt: Date
    @OrNull public var startedAt: Date?
    /// When a worker of that host last saw it run.
    @OrNull public var seenAt: Date?
    /// It is killed after this.
    public let deadlineAt: Date
    @OrNull public var killRequestedAt: Date?
    /// Why it was ended; nil where nobody of ours did.
    @OrNull public var killReason: KillReason?
    @OrNull public var endedAt: Date?
    /// Nil while it runs, and where nobody knows it.
    @OrNull public var exitCode: Int?

    init(_ row: Row) throws {
        attempt = try row.get("attempt")
        worker = try row.get("worker")
        host = try row.get("host")
        gpuSlot = try row.getIfPresent("gpu_slot")
        containerID = try row.getIfPresent("container_id")
        plannedAt = try row.date("planned_at")
        startedAt = try row.dateIfPresent("started_at")
        seenAt = try row.dateIfPresent("seen_at")
        deadlineAt = try row.date("deadline_at")
        killRequestedAt = try row.dateIfPresent("kill_requested_at")
        killReason = try row.getIfPresent("kill_reason", as: String.self).flatMap(KillReason.init)
        endedAt = try row.dateIfPresent("ended_at")
        exitCode = try row.getIfPresent("exit_code")
    }
}

/// What a stage that succeeded warned of, as `v2_dataset_warnings` has it.
public struct WarningReading: Sendable, Encodable {
    public let taskType: String
    /// The weightiest first.
    public let sentences: [String]
    public let writtenAt: Date

    init(_ row: Row) throws {
        taskType = try row.get("task_type")
        sentences = try row.get("sentences")
        writtenAt = try row.date("written_at")
    }
}

extension Transaction {
    /// The containers of one queue row, oldest first.
    func odmRuns(of queueID: Int64) throws -> [ODMRunReading] {
        try run(Self.readODMRuns, [.int(queueID)]).map(ODMRunReading.init)
    }

    /// What the dataset's stages warned of when they last succeeded, by task type.
    func warnings(of datasetID: Int64) throws -> [WarningReading] {
        try run(Self.readWarnings, [.int(datasetID)]).map(WarningReading.init)
    }

    private static let readODMRuns = Statement(
        "read odm runs of row",
        """
        SELECT attempt, worker, host, gpu_slot, container_id, kill_reason, exit_code,
          extract(epoch FROM planned_at) AS planned_at, extract(epoch FROM started_at) AS started_at,
          extract(epoch FROM seen_at) AS seen_at, extract(epoch FROM deadline_at) AS deadline_at,
          extract(epoch FROM kill_requested_at) AS kill_requested_at, extract(epoch FROM ended_at) AS ended_at
        FROM v2_odm_runs WHERE queue_id = $1 ORDER BY id
        """)

    private static let readWarnings = Statement(
        "read warnings of dataset",
        """
        SELECT task_type, sentences, extract(epoch FROM written_at) AS written_at
        FROM v2_dataset_warnings WHERE dataset_id = $1 ORDER BY task_type
        """)
}
