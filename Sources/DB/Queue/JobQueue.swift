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

    var parameters: [SQLValue] { [.int(queueID), .text(worker), .int(attempt)] }
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
    /// Locks the claim's lease until the transaction ends, so that publishing and taking over are serialised.
    /// - Throws: `Failure` with code `lease_lost` when the token is stale.
    func fence(_ token: LeaseToken) throws {
        guard try !run(Self.lockLease, token.parameters).isEmpty else { throw Failure.leaseLost(token) }
    }

    private static let lockLease = Statement(
        "lock lease",
        "SELECT queue_id FROM v2_queue_lease WHERE queue_id = $1 AND worker = $2 AND attempt = $3 FOR UPDATE")
}
