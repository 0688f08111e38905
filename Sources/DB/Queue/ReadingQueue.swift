public import Foundation

/// `v2_queue` at one moment: first what runs, then what waits, in the order in which it will be claimed.
public struct QueueListing: Sendable, Encodable {
    /// By the database's clock, like every time in here.
    public let readAt: Date
    @OrNull public var pause: QueuePause?
    /// How many rows there are, listed or not.
    public let total: Int
    public let rows: [QueueEntry]
}

/// Why nothing is claimed at the moment.
public struct QueuePause: Sendable, Encodable {
    public let pausedAt: Date
    public let pausedBy: String
    public let reason: String
}

/// One row of `v2_queue`, with its lease where a worker holds it.
public struct QueueEntry: Sendable, Encodable {
    public enum State: String, Sendable, Encodable {
        case running, waiting
        /// Marked as being processed, but no worker holds it.
        case orphaned
    }

    public let queueID: Int64
    public let datasetID: Int64
    public let taskTypes: [String]
    public let priority: Int
    public let state: State
    /// Place among the waiting rows, from 1.
    @OrNull public var position: Int?
    /// Why it waits, in one sentence. Nil when it runs, and in a list for rows that just have many before them.
    @OrNull public var why: String?
    /// Claims so far.
    public let attempt: Int
    public let createdAt: Date
    @OrNull public var notBefore: Date?
    @OrNull public var worker: String?
    @OrNull public var stage: String?
    /// Of the stage, 0 to 1.
    @OrNull public var progress: Double?
    @OrNull public var note: String?
    @OrNull public var heartbeatAt: Date?
    /// Its worker has been silent for longer than its `LEASE`.
    public let isSilent: Bool

    init(_ row: Row) throws {
        queueID = try row.get("id")
        datasetID = try row.get("dataset_id")
        taskTypes = try row.getIfPresent("task_types") ?? []
        priority = try row.get("priority")
        state = try State(row)
        position = try row.getIfPresent("position")
        why = try row.getIfPresent("why")
        attempt = try row.get("attempt")
        createdAt = try row.date("created_at")
        notBefore = try row.dateIfPresent("not_before")
        worker = try row.getIfPresent("worker")
        stage = try row.getIfPresent("stage")
        progress = try row.getIfPresent("progress")
        note = try row.getIfPresent("note")
        heartbeatAt = try row.dateIfPresent("heartbeat_at")
        isSilent = try row.get("is_silent")
    }
}

extension QueueEntry.State {
    init(_ row: Row) throws {
        guard try row.get("is_processing") else {
            self = .waiting
            return
        }
        self = try row.getIfPresent("worker", as: String.self) == nil ? .orphaned : .running
    }
}

extension JobQueue {
    /// Rows that wait further down than this are listed without the reason, unless it is their own.
    private static let whyLimit = 50

    /// The queue's rows, at most `limit`.
    public func list(limit: Int) async throws -> QueueListing {
        try await reading { transaction in
            try QueueListing(
                readAt: transaction.now(), pause: transaction.pause(),
                total: transaction.run(Self.countRows)[0].get("total"),
                rows: transaction.run(Self.listRows, [.int(limit)]).map(QueueEntry.init))
        }
    }

    private static let countRows = Statement("count queue rows", "SELECT count(*) AS total FROM v2_queue")

    // Finding the reason takes a few milliseconds. Further down than whyLimit it is the same for all that could run,
    // save for those that have a reason of their own.
    private static let listRows = Statement(
        "list queue rows",
        """
        SELECT listed.*,
          CASE WHEN position <= \(whyLimit) OR NOT is_ready OR not_before IS NOT NULL OR (is_processing AND worker IS NULL)
            THEN v2_why_waiting(id) END AS why
        FROM (
          SELECT \(QueueEntry.columns), q.is_ready,
            CASE WHEN NOT q.is_processing THEN row_number() OVER (
              PARTITION BY q.is_processing ORDER BY q.priority DESC, q.created_at, q.id) END AS position
          FROM v2_queue q LEFT JOIN v2_queue_lease l ON l.queue_id = q.id
          ORDER BY q.is_processing DESC, q.priority DESC, q.created_at, q.id LIMIT $1) AS listed
        ORDER BY listed.is_processing DESC, listed.position, listed.id
        """)
}

extension QueueEntry {
    /// Of `v2_queue q LEFT JOIN v2_queue_lease l`; position and why are computed where they are asked for.
    static let columns = """
        q.id, q.dataset_id, q.task_types, q.priority, q.attempt, q.is_processing,
        extract(epoch FROM q.created_at) AS created_at, extract(epoch FROM q.not_before) AS not_before,
        l.worker, l.stage, l.progress, l.note, extract(epoch FROM l.heartbeat_at) AS heartbeat_at,
        coalesce(l.heartbeat_at < now() - coalesce(
          (SELECT w.gone_after FROM v2_workers w WHERE w.name = l.worker), '3 minutes'), false) AS is_silent
        """
}

extension Transaction {
    /// Nil while the queue is not paused.
    func pause() throws -> QueuePause? {
        try run(Self.readPause).first.map { row in
            try QueuePause(pausedAt: row.date("paused_at"), pausedBy: row.get("paused_by"), reason: row.get("reason"))
        }
    }

    private static let readPause = Statement(
        "read pause", "SELECT extract(epoch FROM paused_at) AS paused_at, paused_by, reason FROM v2_queue_pause")
}
