import DB
import Execution
public import Logging

/// Repeats a piece of bookkeeping until the database has taken it. A day of work is not thrown away for a
/// connection: what is repeated here is fenced and may be repeated safely.
public struct UntilDatabaseAnswers {
    private let logger: Logger
    private let limit: Duration?

    /// - Parameter limit: after which the last error is thrown; nil never gives up.
    public init(_ logger: Logger, atMost limit: Duration? = nil) {
        self.logger = logger
        self.limit = limit
    }

    /// - Throws: whatever is no trouble of the database's own; `CancellationError` when the job is stopped meanwhile.
    public func run<Result: Sendable>(_ body: @Sendable () async throws -> Result) async throws -> Result {
        var backoff = Backoff(first: .milliseconds(100), limit: .seconds(10))
        let end = limit.map { ContinuousClock.now + $0 }
        while true {
            do {
                return try await body()
            } catch let error as DatabaseError where error.isConnectionLoss || error.isContention {
                if let end, .now >= end { throw error }
                logger.warning("the database did not answer, trying again", metadata: ["error": "\(error)"])
                try await Task.sleep(for: backoff.next())
            }
        }
    }
}
