/// Rows that something is wrong with, for the doctor.
public struct QueueTroubles: Sendable {
    /// A claim that was not heard of for longer than its worker's `LEASE`.
    public struct SilentLease: Sendable {
        public let queueID: Int64
        public let worker: String
        /// Seconds since its last heartbeat.
        public let silence: Double
    }

    public let running: Int
    public let waiting: Int
    public let pause: QueuePause?
    public let silentLeases: [SilentLease]
    /// Queue ids that are marked as being processed although no worker holds them.
    public let orphans: [Int64]
    /// Went away without a word, and were expected to work or left rows behind.
    public let silentWorkers: [String]
    public let aliveWorkers: Int
    /// How many ODM runs may go on at a time.
    public let gpuSlots: Int
}

extension JobQueue {
    public func troubles() async throws -> QueueTroubles {
        let workers = try await workers().workers
        return try await reading { transaction in
            let counts = try transaction.run(Self.countQueue)[0]
            return try QueueTroubles(
                running: counts.get("running"), waiting: counts.get("waiting"), pause: transaction.pause(),
                silentLeases: transaction.run(Self.readSilentLeases).map {
                    try .init(queueID: $0.get("queue_id"), worker: $0.get("worker"), silence: $0.get("silence"))
                },
                orphans: transaction.run(Self.readOrphans).map { try $0.get("id") },
                silentWorkers: workers.filter(\.isSilent).map(\.name),
                aliveWorkers: workers.count { $0.isAlive }, gpuSlots: counts.get("gpu_slots"))
        }
    }

    private static let countQueue = Statement(
        "count queue",
        """
        SELECT count(*) FILTER (WHERE is_processing) AS running, count(*) FILTER (WHERE NOT is_processing) AS waiting,
          (SELECT count(*) FROM v2_gpu_slots) AS gpu_slots
        FROM v2_queue
        """)

    private static let readSilentLeases = Statement(
        "read silent leases",
        """
        SELECT l.queue_id, l.worker, extract(epoch FROM now() - l.heartbeat_at) AS silence
        FROM v2_queue_lease l LEFT JOIN v2_workers w ON w.name = l.worker
        WHERE l.heartbeat_at < now() - coalesce(w.gone_after, '3 minutes') ORDER BY l.heartbeat_at
        """)

    private static let readOrphans = Statement(
        "read orphaned rows",
        """
        SELECT q.id FROM v2_queue q
        WHERE q.is_processing AND NOT EXISTS (SELECT FROM v2_queue_lease l WHERE l.queue_id = q.id) ORDER BY q.id
        """)
}
