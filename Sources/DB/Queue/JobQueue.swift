public import Failures

/// The queue as workers use it. Every write carries the claim's token and changes nothing once it is stale.
public struct JobQueue: Sendable {
    public let database: Database

    public init(_ database: Database) {
        self.database = database
    }
}

/// What a row of `v2_queue` asks for, by the names of `v2_task_types`.
public struct TaskType: RawRepresentable, Hashable, Sendable, Codable, CustomStringConvertible {
    public let rawValue: String
    public init(rawValue: String) { self.rawValue = rawValue }
    public var description: String { rawValue }
}

/// The right to write for one claim: valid while `v2_queue_lease` has exactly this row.
public struct LeaseToken: Hashable, Sendable {
    public let queueID: Int64
    public let worker: String
    /// The fencing token: a take-over raises it.
    public let attempt: Int

    public init(queueID: Int64, worker: String, attempt: Int) {
        self.queueID = queueID
        self.worker = worker
        self.attempt = attempt
    }
}

extension Failure {
    /// Somebody else has the row now, or it was deleted: stop, write nothing.
    public static func leaseLost(_ token: LeaseToken) -> Failure {
        Failure(
            "lease_lost", "this worker no longer holds the claim on queue row \(token.queueID)",
            detail: "attempt \(token.attempt) of \(token.worker)")
    }
}

extension Transaction {
    /// Locks the claims' queue rows and leases until the transaction ends, so that publishing and taking over are
    /// serialised. The order, queue row before lease and both by id, is that of every other writer.
    /// - Returns: the queue ids of the tokens that are not stale.
    func fence(_ tokens: [LeaseToken]) throws -> Set<Int64> {
        let rows = try run(
            Self.lockLeases,
            [
                .array(tokens.map(\.queueID)), .array(tokens.map(\.worker)), .array(tokens.map { Int64($0.attempt) }),
            ])
        return Set(try rows.map { try $0.get("id") })
    }

    /// - Throws: `Failure` with code `lease_lost` when the token is stale.
    func fence(_ token: LeaseToken) throws {
        guard try fence([token]).contains(token.queueID) else { throw Failure.leaseLost(token) }
    }

    private static let lockLeases = Statement(
        "lock leases",
        """
        SELECT q.id FROM v2_queue q JOIN v2_queue_lease l ON l.queue_id = q.id
        JOIN unnest($1::bigint[], $2::text[], $3::integer[]) AS held (queue_id, worker, attempt)
          ON held.queue_id = l.queue_id AND held.worker = l.worker AND held.attempt = l.attempt
        ORDER BY q.id FOR UPDATE OF q, l
        """)
}
