import Failures

/// What an administrator does to the queue. The rules are the database's functions, so that plain SQL and the
/// command line do the same.
extension JobQueue {
    /// Puts a row into the queue, as the dataset's owner. Returns its id.
    /// - Throws: `Failure` with code `not_found`, or `refused` with the database's sentence about the task types.
    public func add(_ datasetID: Int64, taskTypes: [String], priority: Int16) async throws -> Int64 {
        try await inWords {
            let rows = try await database.run(
                Self.addRow, [.int(datasetID), .array(taskTypes), .int(priority)])
            guard let row = rows.first else { throw Failure.noDataset(datasetID) }
            return try row.get("id")
        }
    }

    /// Queues a dataset again: what failed or never ran, or exactly `taskTypes`. Returns the row's id.
    /// - Throws: `Failure` with code `not_found`, or `refused` while the dataset is being processed.
    public func requeue(_ datasetID: Int64, taskTypes: [String]?, priority: Int16) async throws -> Int64 {
        try await inWords {
            let rows = try await database.run(
                Self.requeueDataset, [.int(datasetID), taskTypes.map { .array($0) } ?? .null, .int(priority)])
            guard let id = try rows[0].getIfPresent("id", as: Int64.self) else {
                throw Failure.nothingToRequeue(datasetID)
            }
            return id
        }
    }

    /// Stops the row's work, or takes it out of the queue while it waits. True when there was work to stop.
    /// - Throws: `Failure` with code `not_found`.
    public func requestCancel(_ queueID: Int64) async throws -> Bool {
        try await inWords {
            let row = try await database.run(Self.cancelRow, [.int(queueID)])[0]
            guard try row.get("canceled") else { throw Failure.notInQueue(queueID) }
            return try row.get("was_running")
        }
    }

    /// No new claims anywhere until `resume`.
    public func pause(reason: String) async throws {
        try await inWords { try await database.run(Self.pauseQueue, [.text(reason)]) }
    }

    public func resume() async throws {
        try await inWords { try await database.run(Self.resumeQueue) }
    }

    /// Stops one worker from claiming, or lets it claim again. One that does not run starts that way. Returns
    /// whether it runs.
    /// - Throws: `Failure` with code `not_found`.
    public func drain(_ worker: String, _ drain: Bool) async throws -> Bool {
        try await inWords {
            let row = try await database.run(Self.drainWorker, [.text(worker), .bool(drain)])[0]
            guard try row.get("is_known") else { throw Failure.noWorker(worker) }
            return try row.get("is_alive")
        }
    }

    /// Puts the rows of a worker that will not come back into the queue again, and returns how many. One that runs
    /// all the same finds that it has been replaced, and stops.
    /// - Throws: `Failure` with code `not_found`.
    public func evict(_ worker: String) async throws -> Int {
        try await inWords {
            let row = try await database.run(Self.evictWorker, [.text(worker)])[0]
            let freed = try row.get("freed", as: Int.self)
            // Rows may outlive their worker's entry.
            guard try freed > 0 || row.get("is_known") else { throw Failure.noWorker(worker) }
            return freed
        }
    }

    private static let addRow = Statement(
        "add queue row",
        """
        INSERT INTO v2_queue (dataset_id, user_id, task_types, priority)
        SELECT d.id, d.user_id, $2::text[], $3::smallint FROM v2_datasets d WHERE d.id = $1 RETURNING id
        """)

    private static let requeueDataset = Statement("requeue", "SELECT v2_requeue($1, $2, $3) AS id")

    // The lease is looked at as it was before v2_cancel.
    private static let cancelRow = Statement(
        "cancel",
        """
        SELECT v2_cancel($1) AS canceled, EXISTS (SELECT FROM v2_queue_lease WHERE queue_id = $1) AS was_running
        """)

    private static let pauseQueue = Statement("pause", "SELECT v2_pause($1)")
    private static let resumeQueue = Statement("resume", "SELECT v2_resume()")

    private static let drainWorker = Statement(
        "drain",
        """
        SELECT v2_drain($1, $2) AS is_known, EXISTS (SELECT FROM v2_workers_alive WHERE name = $1) AS is_alive
        """)

    private static let evictWorker = Statement(
        "evict", "SELECT v2_evict($1) AS freed, EXISTS (SELECT FROM v2_workers WHERE name = $1) AS is_known")
}

extension Failure {
    static func nothingToRequeue(_ datasetID: Int64) -> Failure {
        Failure(
            "not_found",
            "nothing of dataset \(datasetID) has failed or is left to do, or it is running; name the task types to run again"
        )
    }
}
