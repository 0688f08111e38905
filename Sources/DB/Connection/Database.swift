public import Logging

/// A pool of connections to one PostgreSQL database. All that speaks SQL hangs off this type.
public final class Database: Sendable {
    let url: String
    let applicationName: String
    let logger: Logger
    private let pool: ConnectionPool

    /// Opens nothing yet: connections are made when they are first needed.
    /// - Parameters:
    ///   - url: a libpq URI or keyword string, for a direct or session-pooled connection.
    ///   - applicationName: what `pg_stat_activity` shows.
    ///   - connections: how many at most, default 4.
    public init(url: String, applicationName: String = "deadtrees", connections: Int = 4, logger: Logger) {
        self.url = url
        self.applicationName = applicationName
        self.logger = logger
        pool = ConnectionPool(size: connections) { Connection(url: url, applicationName: applicationName) }
    }

    /// Runs one statement in its own implicit transaction.
    /// - Throws: `DatabaseError`; after a lost connection the statement may or may not have taken effect.
    @discardableResult
    public func run(_ statement: Statement, _ parameters: [SQLValue] = []) async throws -> [Row] {
        try await pool.withConnection { connection in
            try await connection.perform { try $0.run(statement, parameters) }
        }
    }

    /// Runs `body` between BEGIN and COMMIT, and rolls back when it throws. `body` is synchronous and runs on
    /// the connection's own thread; it must not block on anything but its statements.
    public func transaction<Result: Sendable>(
        _ body: @escaping @Sendable (Transaction) throws -> Result
    ) async throws -> Result {
        try await pool.withConnection { try await $0.transaction(body) }
    }

    /// The same database over a connection of its own, for work that must never wait for a free one.
    public func aside(for purpose: String) -> Database {
        Database(url: url, applicationName: "\(applicationName) \(purpose)", connections: 1, logger: logger)
    }

    /// Closes idle connections. Those in use are closed when they come back.
    public func close() async {
        await pool.close()
    }
}
