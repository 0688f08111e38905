/// How much there is in the queue.
public struct QueueCounts: Sendable, Equatable {
    public let waiting: Int
    public let running: Int
    /// Age of the oldest waiting row, 0 where none waits.
    public let oldestSeconds: Double
    /// Workers that are heard of.
    public let workers: Int
}

extension JobQueue {
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
