import Failures
public import Foundation

/// Everything that is known of one row of the queue, also after it has left it.
public struct QueueTimeline: Sendable, Encodable {
    /// By the database's clock, like every time in here.
    public let readAt: Date
    public let queueID: Int64
    public let datasetID: Int64
    public let taskTypes: [String]
    public let createdAt: Date
    /// Nil when the row has left the queue.
    @OrNull public var entry: QueueEntry?
    /// What became of it; nil while it is in the queue.
    @OrNull public var ended: EndReading?
    /// Nil while no worker holds the row.
    @OrNull public var lease: LeaseReading?
    /// Oldest first.
    public let runs: [TaskRunReading]
    /// Its containers, oldest first.
    public let odmRuns: [ODMRunReading]
    /// Of the dataset, whichever of its rows left them.
    public let warnings: [WarningReading]
}

/// What became of a row that has left the queue: its one entry in `v2_requests`.
public struct EndReading: Sendable, Encodable {
    /// `succeeded`, `failed`, `timed_out` or `canceled`.
    public let outcome: String
    /// What the researcher reads, or who took the row out.
    @OrNull public var error: String?
    public let finishedAt: Date
    /// Claims until the end; 0 for a row that never ran.
    public let attempts: Int
    @OrNull public var priority: Int?

    init(_ row: Row) throws {
        outcome = try row.get("outcome")
        error = try row.getIfPresent("error")
        finishedAt = try row.date("finished_at")
        attempts = try row.get("attempts")
        priority = try row.getIfPresent("priority")
    }
}

/// A worker's hold on a row.
public struct LeaseReading: Sendable, Encodable {
    public let worker: String
    /// Nil when the worker's own entry was deleted.
    @OrNull public var host: String?
    public let attempt: Int
    public let claimedAt: Date
    public let heartbeatAt: Date
    public let leaseUntil: Date
    @OrNull public var stage: String?
    /// Of the stage, 0 to 1.
    public let progress: Double
    @OrNull public var gpuSlot: String?
    @OrNull public var containerID: String?
    /// The container is killed after this.
    @OrNull public var deadlineAt: Date?
    @OrNull public var cancelRequestedAt: Date?
    @OrNull public var note: String?

    init(_ row: Row) throws {
        worker = try row.get("worker")
        host = try row.getIfPresent("host")
        attempt = try row.get("attempt")
        claimedAt = try row.date("claimed_at")
        heartbeatAt = try row.date("heartbeat_at")
        leaseUntil = try row.date("lease_until")
        stage = try row.getIfPresent("stage")
        progress = try row.get("progress")
        gpuSlot = try row.getIfPresent("gpu_slot")
        containerID = try row.getIfPresent("container_id")
        deadlineAt = try row.dateIfPresent("deadline_at")
        cancelRequestedAt = try row.dateIfPresent("cancel_requested_at")
        note = try row.getIfPresent("note")
    }
}

extension JobQueue {
    /// One row's timeline.
    /// - Throws: `Failure` with code `not_found` when the row is neither in the queue nor in its history.
    public func timeline(of queueID: Int64) async throws -> QueueTimeline {
        try await reading { transaction in
            let entry = try transaction.run(Self.readEntry, [.int(queueID)]).first.map(QueueEntry.init)
            let request = try transaction.run(Self.readRequest, [.int(queueID)]).first
            let runs = try transaction.run(Self.readRuns, [.int(queueID)]).map(TaskRunReading.init)
            // Rows that ended before outcomes were kept have their runs only.
            guard let dataset = try entry?.datasetID ?? request?.get("dataset_id") ?? runs.first?.datasetID,
                let created = try entry?.createdAt ?? request?.date("created_at") ?? runs.first?.startedAt
            else { throw Failure.noQueueRow(queueID) }
            return try QueueTimeline(
                readAt: transaction.now(), queueID: queueID, datasetID: dataset,
                taskTypes: entry?.taskTypes ?? request?.getIfPresent("task_types") ?? runs.map(\.taskType),
                createdAt: created, entry: entry, ended: request.map(EndReading.init),
                lease: transaction.run(Self.readLease, [.int(queueID)]).first.map(LeaseReading.init), runs: runs,
                odmRuns: transaction.odmRuns(of: queueID), warnings: transaction.warnings(of: dataset))
        }
    }

    private static let readEntry = Statement(
        "read queue row",
        """
        SELECT \(QueueEntry.columns), v2_why_waiting(q.id) AS why,
          CASE WHEN NOT q.is_processing THEN (
            SELECT count(*) FROM v2_queue o WHERE NOT o.is_processing AND (o.id = q.id OR o.priority > q.priority
              OR (o.priority = q.priority AND (o.created_at, o.id) < (q.created_at, q.id)))) END AS position
        FROM v2_queue q LEFT JOIN v2_queue_lease l ON l.queue_id = q.id WHERE q.id = $1
        """)

    private static let readRequest = Statement(
        "read request",
        """
        SELECT dataset_id, task_types, outcome, error, attempts, priority, extract(epoch FROM created_at) AS created_at,
          extract(epoch FROM finished_at) AS finished_at
        FROM v2_requests WHERE queue_id = $1
        """)

    private static let readLease = Statement(
        "read lease",
        """
        SELECT l.worker, w.host, l.attempt, l.stage, l.progress, l.gpu_slot, l.container_id, l.note,
          extract(epoch FROM l.claimed_at) AS claimed_at, extract(epoch FROM l.heartbeat_at) AS heartbeat_at,
          extract(epoch FROM l.lease_until) AS lease_until, extract(epoch FROM l.deadline_at) AS deadline_at,
          extract(epoch FROM l.cancel_requested_at) AS cancel_requested_at
        FROM v2_queue_lease l LEFT JOIN v2_workers w ON w.name = l.worker WHERE l.queue_id = $1
        """)

    private static let readRuns = Statement(
        "read runs of row", "\(TaskRunReading.select) WHERE queue_id = $1 ORDER BY started_at, id")
}
