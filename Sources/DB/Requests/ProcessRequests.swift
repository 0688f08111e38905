/// Why a dataset cannot be queued.
public enum ProcessRefusal: Error, Sendable, Equatable {
    /// There is no such dataset, or it is not the requester's to see.
    case notFound
    /// Neither the owner nor somebody who may see all private data asks.
    case notAllowed
    /// A row of the dataset is running.
    case isRunning
    /// The dataset's status says that something is being done.
    case isBusy
    /// The platform has not one status row of the dataset, but so many.
    case statusRows(Int)
}

/// Queues datasets on behalf of people.
public struct ProcessRequests: Sendable {
    let database: Database

    public init(_ database: Database) { self.database = database }

    /// Names that may be asked for, each with the one that the queue uses.
    public func taskTypes() async throws -> [String: String] {
        let rows = try await database.run(Self.readTaskTypes)
        return try Dictionary(rows.map { try ($0.get("name"), $0.get("stored")) }) { $1 }
    }

    /// Checks, forgets an old error, and puts the dataset's one waiting row into the queue.
    ///
    /// All in one transaction. The dataset's lock keeps out a second request, the rows' locks keep out claims; they are
    /// taken in the order in which v2_requeue takes them.
    /// - Returns: the row as JSON, as today's API answers with it, with estimates from our own history beside.
    /// - Throws: `ProcessRefusal`; `DatabaseError`, also for what the platform's policies refuse.
    public func queue(
        _ datasetID: Int64, _ taskTypes: [String], priority: Int, by requester: Requester
    ) async throws -> String {
        let id = try await database.transaction { transaction -> Int64 in
            try transaction.become(requester)
            try Self.checkRights(transaction, datasetID)
            try transaction.becomeService()
            try Self.lockOutOthers(transaction, datasetID)
            try Self.settleStatus(transaction, datasetID, taskTypes)
            try transaction.run(Self.deleteWaiting, [.int(datasetID)])
            // The policy of the platform decides once more, as whoever asks.
            try transaction.become(requester)
            let parameters: [SQLValue] = [.int(datasetID), .text(requester.userID), .array(taskTypes), .int(priority)]
            guard let row = try transaction.run(Self.insertRow, parameters).first else { throw DatabaseError.keptOut }
            return try row.get("id")
        }
        let parameters: [SQLValue] = [.int(id), .int(datasetID), .text(requester.userID), .array(taskTypes)]
        return try await database.run(Self.readRow, parameters)[0].get("row")
    }

    private static func checkRights(_ transaction: Transaction, _ datasetID: Int64) throws {
        guard let row = try transaction.run(readDataset, [.int(datasetID)]).first else { throw ProcessRefusal.notFound }
        guard try row.get("is_allowed") else { throw ProcessRefusal.notAllowed }
    }

    private static func lockOutOthers(_ transaction: Transaction, _ datasetID: Int64) throws {
        try transaction.run(lockDataset, [.int(datasetID)])
        try transaction.run(lockWaiting, [.int(datasetID)])
        // A statement of its own: one that waited for a lock still sees the others as they were before.
        if try transaction.run(readRunning, [.int(datasetID)])[0].get("is_running") { throw ProcessRefusal.isRunning }
    }

    private static func settleStatus(
        _ transaction: Transaction, _ datasetID: Int64, _ taskTypes: [String]
    ) throws {
        if let status = try transaction.run(readStatus, [.int(datasetID)]).first {
            let hasError: Bool = try status.get("has_error")
            guard try hasError || status.get("is_idle") else { throw ProcessRefusal.isBusy }
            if hasError {
                let reset = try transaction.run(resetStatus, [.int(datasetID), .array(taskTypes)]).count
                guard reset == 1 else { throw ProcessRefusal.statusRows(reset) }
            }
        }
        if taskTypes.contains("aoi_v1") { try transaction.run(requireArea, [.int(datasetID)]) }
    }
}

extension ProcessRequests {
    private static let readTaskTypes = Statement(
        "read task types", "SELECT name, coalesce(alias_of, name) AS stored FROM v2_task_types")

    private static let readDataset = Statement(
        "read dataset to process",
        """
        SELECT d.user_id = (SELECT auth.uid()) OR (SELECT can_view_all_private_data()) AS is_allowed
        FROM v2_datasets d WHERE d.id = $1
        """)

    private static let lockDataset = Statement(
        "lock dataset", "SELECT FROM v2_datasets WHERE id = $1 FOR NO KEY UPDATE")
    private static let lockWaiting = Statement(
        "lock waiting rows",
        "SELECT FROM v2_queue WHERE dataset_id = $1 AND NOT is_processing ORDER BY id FOR UPDATE")
    private static let readRunning = Statement(
        "read running rows",
        "SELECT EXISTS (SELECT FROM v2_queue WHERE dataset_id = $1 AND is_processing) AS is_running")

    // Several rows of one dataset are possible on the platform: the newest is the one that its client shows.
    private static let readStatus = Statement(
        "read status to process",
        """
        SELECT has_error, current_status = 'idle' AS is_idle FROM v2_statuses WHERE dataset_id = $1
        ORDER BY id DESC LIMIT 1
        """)

    private static let resetStatus = Statement(
        "reset status",
        """
        UPDATE v2_statuses SET has_error = false, error_message = NULL, current_status = 'idle', updated_at = now(),
          is_odm_done = is_odm_done AND 'odm_processing' <> ALL ($2::text[]),
          is_ortho_done = is_ortho_done AND 'geotiff' <> ALL ($2::text[]),
          is_metadata_done = is_metadata_done AND 'metadata' <> ALL ($2::text[]),
          is_cog_done = is_cog_done AND 'cog' <> ALL ($2::text[]),
          is_thumbnail_done = is_thumbnail_done AND 'thumbnail' <> ALL ($2::text[]),
          is_deadwood_done = is_deadwood_done AND 'deadwood_v1' <> ALL ($2::text[]),
          is_forest_cover_done = is_forest_cover_done AND 'treecover_v1' <> ALL ($2::text[]),
          is_combined_model_done = is_combined_model_done AND 'deadwood_treecover_combined_v2' <> ALL ($2::text[]),
          is_aoi_done = is_aoi_done AND 'aoi_v1' <> ALL ($2::text[]),
          is_embeddings_done = is_embeddings_done AND 'embeddings_v1' <> ALL ($2::text[])
        WHERE dataset_id = $1 RETURNING id
        """)

    private static let requireArea = Statement(
        "require area of interest",
        """
        WITH updated AS (UPDATE v2_statuses SET is_aoi_required = true, updated_at = now() WHERE dataset_id = $1 RETURNING id)
        INSERT INTO v2_statuses (dataset_id, is_aoi_required) SELECT $1, true WHERE NOT EXISTS (SELECT FROM updated)
        """)

    private static let deleteWaiting = Statement(
        "replace waiting rows",
        """
        WITH reason AS MATERIALIZED (SELECT set_config('deadtrees.why_deleted', 'replaced by a newer request', true))
        DELETE FROM v2_queue q USING reason WHERE q.dataset_id = $1 AND NOT q.is_processing
        """)

    private static let insertRow = Statement(
        "insert queue row",
        """
        INSERT INTO v2_queue (dataset_id, user_id, task_types, priority)
        VALUES ($1, $2::uuid, $3::text[], $4::smallint) RETURNING id
        """)

    // A worker may have been faster: then the row has no position, and when it has ended it is not there at all.
    private static let readRow = Statement(
        "read queued row",
        """
        SELECT json_build_object('id', $1::bigint, 'dataset_id', $2::bigint, 'user_id', coalesce(q.user_id, $3::uuid),
          'priority', coalesce(q.priority, 2), 'is_processing', coalesce(q.is_processing, true),
          'claimed_by', q.claimed_by, 'claimed_at', q.claimed_at, 'current_position', coalesce(p.current_position, -1),
          'estimated_time', coalesce(p.estimated_time, 0), 'task_types', coalesce(q.task_types, $4::text[]),
          'estimated_seconds', e.estimated_seconds, 'estimated_start_seconds', e.estimated_start_seconds)::text AS row
        FROM (SELECT) AS one LEFT JOIN v2_queue q ON q.id = $1 LEFT JOIN v2_queue_positions p ON p.id = q.id
          LEFT JOIN v2_queue_estimates e ON e.id = q.id
        """)
}
