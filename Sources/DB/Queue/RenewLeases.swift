/// How far one running claim is.
public struct LeaseProgress: Sendable {
    public let token: LeaseToken
    /// Of the stage, 0 to 1.
    public let progress: Double
    /// What is being done just now, for people.
    public let note: String?

    public init(token: LeaseToken, progress: Double, note: String?) {
        self.token = token
        self.progress = progress
        self.note = note
    }
}

/// What the database said about one of the worker's claims.
public struct RenewedLease: Sendable, Equatable {
    public let queueID: Int64
    public let attempt: Int
    public let isCancelRequested: Bool
}

extension JobQueue {
    /// Renews the worker's leases and writes their progress, in one statement. A lease that does not come back
    /// is lost: taken over, put back by an administrator, or deleted with its row.
    /// - Parameters:
    ///   - lease: from now, while no container runs.
    ///   - odmLease: the same while one does.
    public func renew(
        _ leases: [LeaseProgress], worker: String, lease: Duration, odmLease: Duration
    ) async throws -> [RenewedLease] {
        let rows = try await database.run(
            Self.renewLeases,
            [
                .text(worker), .array(leases.map(\.token.queueID)),
                .array(leases.map { Int64($0.token.attempt) }),
                .array(leases.map { String(min(1, max(0, $0.progress))) }),
                .array(leases.map { $0.note ?? "" }), .interval(lease), .interval(odmLease),
            ])
        return try rows.map {
            try RenewedLease(
                queueID: $0.get("queue_id"), attempt: $0.get("attempt"), isCancelRequested: $0.get("canceled"))
        }
    }

    // Locked by id first, as all writers of many rows do. greatest(): a progress that is late must not turn the bar
    // back.
    private static let renewLeases = Statement(
        "renew leases",
        """
        WITH mine AS MATERIALIZED (
          SELECT queue_id FROM v2_queue_lease WHERE worker = $1 AND queue_id = ANY ($2::bigint[])
          ORDER BY queue_id FOR UPDATE)
        UPDATE v2_queue_lease l SET
          heartbeat_at = now(),
          lease_until = now() + CASE WHEN l.container_id IS NULL THEN $6::interval ELSE $7::interval END,
          progress = greatest(l.progress, held.progress),
          note = nullif(held.note, '')
        FROM mine JOIN unnest($2::bigint[], $3::integer[], $4::real[], $5::text[])
          AS held (queue_id, attempt, progress, note) USING (queue_id)
        WHERE l.queue_id = held.queue_id AND l.attempt = held.attempt AND l.worker = $1
        RETURNING l.queue_id, l.attempt, l.cancel_requested_at IS NOT NULL AS canceled
        """)
}

/// Who holds a row just now.
public struct LeaseHolder: Sendable, Equatable {
    public let token: LeaseToken
    public let containerID: String?
}

extension JobQueue {
    /// All claims of all workers, by queue id.
    public func holders() async throws -> [Int64: LeaseHolder] {
        let rows = try await database.run(Self.readLeases)
        let holders = try rows.map { row in
            try LeaseHolder(
                token: LeaseToken(queueID: row.get("queue_id"), worker: row.get("worker"), attempt: row.get("attempt")),
                containerID: row.getIfPresent("container_id"))
        }
        return Dictionary(uniqueKeysWithValues: holders.map { ($0.token.queueID, $0) })
    }

    /// Whether the row is still in the queue, waiting or running.
    public func isInQueue(_ queueID: Int64) async throws -> Bool {
        try await !stillInQueue([queueID]).isEmpty
    }

    /// Which of the rows are still in the queue, waiting or running.
    public func stillInQueue(_ queueIDs: [Int64]) async throws -> Set<Int64> {
        guard !queueIDs.isEmpty else { return [] }
        return Set(try await database.run(Self.readRows, [.array(queueIDs)]).map { try $0.get("id") })
    }

    private static let readLeases = Statement(
        "read leases", "SELECT queue_id, worker, attempt, container_id FROM v2_queue_lease")
    private static let readRows = Statement("read queue rows", "SELECT id FROM v2_queue WHERE id = ANY ($1::bigint[])")
}
