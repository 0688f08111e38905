import DB
import Logging

/// Repeats a piece of bookkeeping until the database has taken it. A day of work is not thrown away for a
/// connection: what is repeated here is fenced and may be repeated safely.
struct UntilDatabaseAnswers {
    private let logger: Logger
    private var backoff = Backoff(first: .milliseconds(100), limit: .seconds(30))

    init(_ logger: Logger) {
        self.logger = logger
    }

    /// - Throws: whatever is no lost connection; `CancellationError` when the job is stopped meanwhile.
    func run<Result: Sendable>(_ body: @Sendable () async throws -> Result) async throws -> Result {
        var backoff = backoff
        while true {
            do {
                return try await body()
            } catch let error as DatabaseError where error.isConnectionLoss || error.isContention {
                logger.warning("the database did not answer, trying again", metadata: ["error": "\(error)"])
                try await Task.sleep(for: backoff.next())
            }
        }
    }
}
