import Failures

extension JobQueue {
    /// What tells this database's containers from those of another one on the same Docker host.
    public func deployment() async throws -> String {
        try await database.run(Self.readDeployment)[0].get("id")
    }

    /// Takes a free GPU slot where the claim holds none. False when all are taken.
    /// - Parameter isNew: for a run that has not begun, which a pause of the queue holds up.
    public func holdSlot(_ token: LeaseToken, host: String, isNew: Bool = false) async throws -> Bool {
        do {
            return try await database.transaction { transaction in
                try transaction.fence(token)
                return try !transaction.run(Self.takeSlot, [.int(token.queueID), .text(host), .bool(isNew)]).isEmpty
            }
        } catch let error as DatabaseError where error.sqlState == "23505" {
            // Another claim was faster: the column is unique.
            return false
        }
    }

    /// What keeps a prepared row from its slot, for people: `dataset 41 on gpu-1 has it`.
    /// - Throws: `Failure` with code `worker_drained` when its worker is to start nothing more.
    public func whatHoldsUp(_ token: LeaseToken) async throws -> String {
        let row = try await database.run(Self.readObstacles, [.text(token.worker)])[0]
        if try row.get("is_drained", as: Bool.self) { throw Failure.workerDrained(token.worker) }
        if try row.get("is_paused", as: Bool.self) { return "the queue is paused" }
        return try row.getIfPresent("holders") ?? "a container is being ended"
    }

    /// Whether an ODM row waits that a worker of these types would take.
    public func hasWaitingODM(for types: [TaskType]) async throws -> Bool {
        try await !database.run(Self.findWaiting, [.array(types.map(\.rawValue))]).isEmpty
    }

    /// How many ODM runs of the row have failed with one of these codes.
    public func odmFailures(_ queueID: Int64, codes: [String]) async throws -> Int {
        try await database.run(Self.countFailures, [.int(queueID), .array(codes)])[0].get("failures")
    }

    private static let readDeployment = Statement("read deployment", "SELECT id FROM v2_deployment")

    private static let takeSlot = Statement(
        "take gpu slot",
        """
        UPDATE v2_queue_lease SET gpu_slot = coalesce(gpu_slot, v2_free_gpu_slot($2, $1))
        WHERE queue_id = $1 AND coalesce(gpu_slot, v2_free_gpu_slot($2, $1)) IS NOT NULL
          AND NOT ($3 AND EXISTS (SELECT FROM v2_queue_pause)) RETURNING gpu_slot
        """)

    private static let readObstacles = Statement(
        "read what holds up",
        """
        SELECT EXISTS (SELECT FROM v2_queue_pause) AS is_paused,
          EXISTS (SELECT FROM v2_workers WHERE name = $1 AND is_drained) AS is_drained,
          (SELECT string_agg(format('dataset %s on %s has it', dataset_id, worker), ', ' ORDER BY gpu_slot)
           FROM v2_queue_lease WHERE gpu_slot IS NOT NULL) AS holders
        """)

    private static let findWaiting = Statement(
        "find waiting odm row",
        """
        SELECT id FROM v2_queue WHERE NOT is_processing AND is_ready AND not_before IS NULL AND needs_gpu
          AND task_types <@ $1::text[] LIMIT 1
        """)

    private static let countFailures = Statement(
        "count odm failures",
        """
        SELECT count(*) AS failures FROM v2_task_runs
        WHERE queue_id = $1 AND task_type = 'odm_processing' AND outcome = 'failed' AND error_code = ANY ($2::text[])
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

extension Failure {
    fileprivate static func workerDrained(_ worker: String) -> Failure {
        Failure(
            "worker_drained", "worker \(worker) is drained and starts nothing more; another one takes the dataset",
            retry: .withoutBlame)
    }
}
