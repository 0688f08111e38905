public import Foundation

/// Who is there, and what each runs.
public struct WorkerListing: Sendable, Encodable {
    /// By the database's clock, like every time in here.
    public let readAt: Date
    public let workers: [WorkerReading]
}

/// One worker, with the rows that it holds.
public struct WorkerReading: Sendable, Encodable {
    /// One row that the worker holds.
    public struct Job: Sendable, Encodable {
        public let queueID: Int64
        public let datasetID: Int64
        @OrNull public var stage: String?
        /// Of the stage, 0 to 1.
        public let progress: Double
        @OrNull public var note: String?
    }

    public let name: String
    public let host: String
    public let version: String
    /// `running`, `draining` or `stopped`.
    public let state: String
    /// Neither stopped nor silent for longer than its own `LEASE`.
    public let isAlive: Bool
    /// Claims nothing, now and after a restart, until it is told to.
    public let isDrained: Bool
    /// Why it claims nothing just now, e.g. that its disk is full.
    @OrNull public var refuses: String?
    /// Why its host cannot run ODM just now.
    @OrNull public var refusesODM: String?
    /// When its watchdog last looked at its host's containers.
    @OrNull public var watchdogAt: Date?
    /// How many rows it runs at a time; nil when it has not said.
    @OrNull public var places: Int?
    public let startedAt: Date
    public let heartbeatAt: Date
    public let taskTypes: [String]
    @OrNull public var note: String?
    public let running: [Job]

    /// Went away without a word, and was expected to work or left rows behind.
    public var isSilent: Bool { state != "stopped" && !isAlive && (!isDrained || !running.isEmpty) }

    /// How old, in seconds, the watchdog's last look was when the worker was last heard of: it tells both together. Its
    /// start counts as a look. Nil for a worker without ODM: its host need not have a Docker Engine.
    public var watchdogSilence: TimeInterval? {
        guard taskTypes.contains("odm_processing") else { return nil }
        return heartbeatAt.timeIntervalSince(watchdogAt ?? startedAt)
    }

    init(_ row: Row, running: [Job]) throws {
        name = try row.get("name")
        host = try row.get("host")
        version = try row.get("version")
        state = try row.get("state")
        isAlive = try row.get("is_alive")
        isDrained = try row.get("is_drained")
        refuses = try row.getIfPresent("refuses")
        refusesODM = try row.getIfPresent("refuses_odm")
        watchdogAt = try row.dateIfPresent("watchdog_at")
        places = try row.getIfPresent("places")
        startedAt = try row.date("started_at")
        heartbeatAt = try row.date("heartbeat_at")
        taskTypes = try row.get("task_types")
        note = try row.getIfPresent("note")
        self.running = running
    }
}

extension JobQueue {
    /// All workers that ever registered, by name.
    public func workers() async throws -> WorkerListing {
        try await reading { transaction in
            let jobs = try Dictionary(
                grouping: transaction.run(Self.readHeldRows).map { row in
                    try (worker: row.get("worker", as: String.self), job: WorkerReading.Job(row))
                }, by: \.worker)
            return try WorkerListing(
                readAt: transaction.now(),
                workers: transaction.run(Self.readWorkers).map { row in
                    try WorkerReading(row, running: jobs[row.get("name")]?.map(\.job) ?? [])
                })
        }
    }

    private static let readHeldRows = Statement(
        "read held rows",
        "SELECT worker, queue_id, dataset_id, stage, progress, note FROM v2_queue_lease ORDER BY claimed_at, queue_id")

    private static let readWorkers = Statement(
        "read workers",
        """
        SELECT name, host, version, state, task_types, note, is_drained, refuses, refuses_odm, places,
          extract(epoch FROM watchdog_at) AS watchdog_at,
          extract(epoch FROM started_at) AS started_at, extract(epoch FROM heartbeat_at) AS heartbeat_at,
          name IN (SELECT name FROM v2_workers_alive) AS is_alive
        FROM v2_workers ORDER BY name
        """)
}

extension WorkerReading.Job {
    init(_ row: Row) throws {
        queueID = try row.get("queue_id")
        datasetID = try row.get("dataset_id")
        stage = try row.getIfPresent("stage")
        progress = try row.get("progress")
        note = try row.getIfPresent("note")
    }
}
