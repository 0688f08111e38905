import Foundation

extension JobQueue {
    /// Fixes the moment after which the container is killed, before there is a container. A claim that
    /// was taken over keeps the deadline it had: its container has been running since.
    /// - Throws: `Failure` with code `lease_lost`.
    public func setDeadline(_ token: LeaseToken, after limit: Duration) async throws -> Deadline {
        try await database.transaction { transaction in
            try transaction.fence(token)
            let rows = try transaction.run(Self.writeDeadline, [.int(token.queueID), .interval(limit)])
            return try Deadline(
                date: Date(timeIntervalSince1970: rows[0].get("deadline")),
                remaining: .seconds(rows[0].get("remaining", as: Double.self)))
        }
    }

    /// What tells this database's containers from those of another one on the same Docker host.
    public func deployment() async throws -> String {
        try await database.run(Self.readDeployment)[0].get("id")
    }

    /// Records the container, which also makes the lease the long one of a running ODM.
    public func setContainer(_ token: LeaseToken, id: String, odmLease: Duration) async throws {
        try await database.transaction { transaction in
            try transaction.fence(token)
            try transaction.run(Self.writeContainer, [.int(token.queueID), .text(id), .interval(odmLease)])
        }
    }

    /// The container is gone: its slot is free from here on, while the row's later stages go on.
    public func freeSlot(_ token: LeaseToken) async throws {
        try await database.transaction { transaction in
            try transaction.fence(token)
            try transaction.run(Self.clearSlot, [.int(token.queueID)])
        }
    }

    /// Takes a free GPU slot where the claim holds none. False when all are taken.
    public func holdSlot(_ token: LeaseToken, host: String) async throws -> Bool {
        try await database.transaction { transaction in
            try transaction.fence(token)
            return try !transaction.run(Self.takeSlot, [.int(token.queueID), .text(host)]).isEmpty
        }
    }

    private static let writeDeadline = Statement(
        "write deadline",
        """
        UPDATE v2_queue_lease SET deadline_at = coalesce(deadline_at, now() + $2::interval)
        WHERE queue_id = $1 RETURNING extract(epoch FROM deadline_at) AS deadline,
          extract(epoch FROM deadline_at - clock_timestamp()) AS remaining
        """)

    private static let readDeployment = Statement("read deployment", "SELECT id FROM v2_deployment")

    private static let writeContainer = Statement(
        "write container",
        "UPDATE v2_queue_lease SET container_id = $2, lease_until = now() + $3::interval WHERE queue_id = $1")

    private static let clearSlot = Statement(
        "free gpu slot",
        "UPDATE v2_queue_lease SET gpu_slot = NULL, container_id = NULL WHERE queue_id = $1")

    private static let takeSlot = Statement(
        "take gpu slot",
        """
        UPDATE v2_queue_lease SET gpu_slot = coalesce(gpu_slot, v2_free_gpu_slot($2))
        WHERE queue_id = $1 AND coalesce(gpu_slot, v2_free_gpu_slot($2)) IS NOT NULL RETURNING gpu_slot
        """)
}

extension Transaction {
    /// Whether the claim has a container on record.
    func hasContainer(_ token: LeaseToken) throws -> Bool {
        try !run(Self.leaseWithContainer, [.int(token.queueID)]).isEmpty
    }

    private static let leaseWithContainer = Statement(
        "lease with container",
        "SELECT queue_id FROM v2_queue_lease WHERE queue_id = $1 AND container_id IS NOT NULL")
}
