public import Failures

extension JobQueue {
    /// All stages had been done already when the row was claimed: it leaves the queue.
    public func finish(_ token: LeaseToken, datasetID: Int64) async throws {
        try await database.transaction { transaction in
            try transaction.fence(token)
            try transaction.markIdle(datasetID)
            try transaction.leaveQueue(token.queueID, .succeeded)
        }
    }

    /// The row has failed for good: the researcher reads `sentence`, the history keeps the detail, the row goes.
    public func fail(
        _ token: LeaseToken, datasetID: Int64, outcome: Outcome, failure: Failure, sentence: String,
        measures: StageMeasures
    ) async throws {
        try await database.transaction { transaction in
            try transaction.fence(token)
            try transaction.closeRun(
                token.queueID, outcome, error: sentence, code: failure.code, measures: measures)
            try transaction.markIdle(datasetID, error: sentence)
            try transaction.leaveQueue(token.queueID, outcome, error: sentence)
        }
    }

    /// The stage failed in a way that a retry can help: back into the queue, not before `backoff` from now.
    public func retryLater(
        _ token: LeaseToken, datasetID: Int64, outcome: Outcome, failure: Failure, sentence: String,
        backoff: Duration, measures: StageMeasures
    ) async throws {
        try await database.transaction { transaction in
            try transaction.fence(token)
            try transaction.closeRun(
                token.queueID, outcome, error: sentence, code: failure.code, measures: measures)
            try transaction.markIdle(datasetID)
            try transaction.run(Self.backIntoQueue, [.int(token.queueID), .interval(backoff)])
        }
    }

    /// The worker stops in good order: back into the queue at once, without blame. A claim whose container is
    /// running is kept instead: ODM goes on without its worker, and the worker's next life takes it up again.
    public func release(_ token: LeaseToken, datasetID: Int64) async throws {
        try await database.transaction { transaction in
            try transaction.fence(token)
            try transaction.closeRun(token.queueID, .released, error: "the worker was stopped")
            guard try !transaction.hasContainer(token) else { return }
            try transaction.markIdle(datasetID)
            try transaction.run(Self.backIntoQueue, [.int(token.queueID), .interval(.zero)])
        }
    }

    /// The row was canceled: it goes, and the history says so.
    public func cancel(_ token: LeaseToken, datasetID: Int64) async throws {
        try await database.transaction { transaction in
            try transaction.fence(token)
            try transaction.closeRun(token.queueID, .canceled, error: "canceled on request")
            try transaction.markIdle(datasetID)
            try transaction.leaveQueue(token.queueID, .canceled, error: "canceled on request")
        }
    }

    /// How many attempts of the row ended in a failure or without a word: what MAX_ATTEMPTS counts.
    public func failedAttempts(_ queueID: Int64) async throws -> Int {
        try await database.run(Self.countFailures, [.int(queueID)])[0].get("failures")
    }

    /// Closes what dead workers have left open. False when some worker has done so less than a minute ago.
    @discardableResult
    public func sweep() async throws -> Bool {
        try await database.run(Self.sweepQueue)[0].get("swept")
    }

    private static let sweepQueue = Statement("sweep", "SELECT v2_sweep() AS swept")

    // The lease goes with v2_queue_taken_back, the trigger that an administrator's UPDATE fires too.
    private static let backIntoQueue = Statement(
        "back into queue",
        """
        UPDATE v2_queue SET is_processing = false, claimed_by = NULL, claimed_at = NULL,
          not_before = CASE WHEN $2::interval > interval '0' THEN now() + $2::interval END
        WHERE id = $1
        """)

    private static let countFailures = Statement(
        "count failed attempts",
        """
        SELECT count(*) AS failures FROM v2_task_runs
        WHERE queue_id = $1 AND outcome IN ('failed', 'timed_out', 'lost')
        """)
}

extension Transaction {
    /// Takes the row out of the queue, with its one outcome.
    func leaveQueue(_ queueID: Int64, _ outcome: Outcome, error: String? = nil) throws {
        try run(
            Statement("leave queue", "SELECT v2_leave_queue(ARRAY[$1::bigint], $2, $3)"),
            [.int(queueID), .text(outcome.rawValue), .optional(error)])
    }
}
