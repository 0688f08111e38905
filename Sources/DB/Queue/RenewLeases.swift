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

    // greatest(): a progress that is late must not turn the bar back.
    private static let renewLeases = Statement(
        "renew leases",
        """
        UPDATE v2_queue_lease l SET
          heartbeat_at = now(),
          lease_until = now() + CASE WHEN l.container_id IS NULL THEN $6::interval ELSE $7::interval END,
          progress = greatest(l.progress, held.progress),
          note = nullif(held.note, '')
        FROM unnest($2::bigint[], $3::integer[], $4::real[], $5::text[]) AS held (queue_id, attempt, progress, note)
        WHERE l.queue_id = held.queue_id AND l.attempt = held.attempt AND l.worker = $1
        RETURNING l.queue_id, l.attempt, l.cancel_requested_at IS NOT NULL AS canceled
        """)
}

extension JobQueue {
    /// All rows that anybody holds, the worker's own earlier life included.
    public func leasedQueueIDs() async throws -> Set<Int64> {
        Set(try await database.run(Self.readLeases).map { try $0.get("queue_id") })
    }

    private static let readLeases = Statement("read leases", "SELECT queue_id FROM v2_queue_lease")
}
