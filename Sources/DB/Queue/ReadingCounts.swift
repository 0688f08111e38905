/// How much there is in the queue.
public struct QueueCounts: Sendable, Equatable {
    /// Rows that wait, for whatever reason.
    public let waiting: Int
    /// Rows that a worker has claimed.
    public let running: Int
    /// Seconds: age of the oldest waiting row, 0 where none waits.
    public let oldestSeconds: Double
    /// Workers that are heard of.
    public let workers: Int
}

extension JobQueue {
    /// How much there is in the queue now.
    /// - Throws: `DatabaseError`.
    public func counts() async throws -> QueueCounts {
        let row = try await database.run(Self.readCounts)[0]
        return QueueCounts(
            waiting: try row.get("waiting"), running: try row.get("running"), oldestSeconds: try row.get("oldest"),
            workers: try row.get("workers"))
    }

    private static let readCounts = Statement(
        "read counts",
        """
        SELECT count(*) FILTER (WHERE NOT is_processing) AS waiting, count(*) FILTER (WHERE is_processing) AS running,
          coalesce(extract(epoch FROM now() - min(created_at) FILTER (WHERE NOT is_processing)), 0) AS oldest,
          (SELECT count(*) FROM v2_workers_alive) AS workers
        FROM v2_queue
        """)
}
