public import Foundation

/// What a PostgreSQL server says of itself.
public struct ServerFacts: Sendable {
    /// E.g. `15.7`.
    public let version: String
    public let versionNumber: Int
    /// Nil where the extension is not installed in this database.
    public let postGIS: String?
    /// The server's clock while it answered.
    public let clock: Date
    /// How full the server's queue of notifications is, 0 to 1. At 1 every INSERT that notifies fails.
    /// Source: https://www.postgresql.org/docs/15/sql-notify.html
    public let notificationQueueUsage: Double
}

extension Database {
    public func serverFacts() async throws -> ServerFacts {
        let row = try await run(Self.readServer)[0]
        return try ServerFacts(
            version: row.get("version"), versionNumber: row.get("version_number"), postGIS: row.getIfPresent("postgis"),
            clock: row.date("clock"), notificationQueueUsage: row.get("usage"))
    }

    private static let readServer = Statement(
        "read server",
        """
        SELECT split_part(current_setting('server_version'), ' ', 1) AS version,
          current_setting('server_version_num') AS version_number,
          (SELECT extversion FROM pg_extension WHERE extname = 'postgis') AS postgis,
          extract(epoch FROM clock_timestamp()) AS clock, pg_notification_queue_usage() AS usage
        """)
}
