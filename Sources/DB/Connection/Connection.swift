import Execution

/// One connection to PostgreSQL, on a thread of its own.
///
/// A transaction is one synchronous closure, so that no other statement can slip between its statements.
actor Connection {
    private nonisolated let executor: QueueExecutor
    nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }
    private let url: String
    private let applicationName: String
    private var session: Session?

    init(url: String, applicationName: String) {
        self.url = url
        self.applicationName = applicationName
        executor = QueueExecutor(label: "deadtrees.db")
    }

    /// Runs `body` with the open session, opening it first where needed. A session that broke is dropped, so
    /// that the next call starts afresh; the error of this one is the caller's to judge.
    func perform<Result: Sendable>(_ body: @Sendable (Session) throws -> Result) throws -> Result {
        let session = try openSession()
        defer { if !session.isAlive || session.isInTransaction { self.session = nil } }
        return try body(session)
    }

    /// Runs `body` between BEGIN and COMMIT; rolls back when it throws.
    func transaction<Result: Sendable>(_ body: @Sendable (Transaction) throws -> Result) throws -> Result {
        try perform { session in
            try session.command("BEGIN")
            do {
                let result = try body(Transaction(session: session))
                try session.command("COMMIT")
                return result
            } catch {
                // A session whose ROLLBACK fails is still in its transaction or dead: perform drops it.
                try? session.command("ROLLBACK")  // perform drops it: see above
                throw error
            }
        }
    }

    func close() { session = nil }

    private func openSession() throws -> Session {
        if let session, session.isAlive { return session }
        let opened = try Session(url: url, applicationName: applicationName)
        session = opened
        return opened
    }
}

/// The statements of one transaction. Valid only inside the closure that received it.
public struct Transaction {
    let session: Session

    /// Runs one statement and returns its rows.
    @discardableResult
    public func run(_ statement: Statement, _ parameters: [SQLValue] = []) throws(DatabaseError) -> [Row] {
        try session.run(statement, parameters)
    }

    /// Runs a script of statements that take no parameters.
    public func script(_ sql: String, as operation: String) throws(DatabaseError) {
        try session.script(sql, operation)
    }
}
