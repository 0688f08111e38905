import DB
import Failures
import Foundation
import Logging
import Tasks

/// Writes how a job ended: exactly one outcome for each, whatever happened to it.
struct Settlement: Sendable {
    let job: ClaimedJob
    let queue: JobQueue
    let options: WorkerOptions
    let logger: Logger

    /// All stages had been done before this attempt.
    func finish() async throws {
        try await persist { try await queue.finish(job.token, datasetID: job.datasetID) }
        logger.info("row finished")
    }

    /// The job ended with `error`, or was stopped for `reason`, which then is the cause of the error.
    func settle(_ error: any Error, _ reason: StopReason?) async {
        // The job's own task may be canceled; what is to be written must be written all the same.
        await Task.detached { await write(error, reason) }.value
    }

    private func write(_ error: any Error, _ reason: StopReason?) async {
        do {
            switch reason {
            case .leaseLost: try await leaseLost()
            case .canceled:
                try await persist { try await queue.cancel(job.token, datasetID: job.datasetID) }
                removeScratch()
            case .shutdown:
                // The lease runs out by itself, and the journal keeps what was done: no reason not to stop.
                try await UntilDatabaseAnswers(logger, atMost: .seconds(5)).run {
                    try await queue.release(job.token, datasetID: job.datasetID)
                }
            case nil: try await writeFailure(Failure(error), (error as? FailedStage)?.measures ?? StageMeasures())
            }
            if let reason { logger.info("job stopped", metadata: ["reason": "\(reason)"]) }
        } catch let failure as Failure where failure.code == "lease_lost" {
            logger.warning("claim lost, nothing published")
        } catch {
            logger.error("the job's end could not be written", metadata: ["error": "\(error)"])
        }
    }

    /// A row that was deleted leaves nothing behind. Where it was taken over, the folder may be the new attempt's.
    private func leaseLost() async throws {
        logger.warning("claim lost, nothing published")
        if try await persist({ try await !queue.isInQueue(job.queueID) }) { removeScratch() }
    }

    func removeScratch() {
        do {
            try ScratchFolder.remove(in: options.workFolder, queueID: job.queueID, upTo: job.token.attempt)
        } catch {
            logger.warning("scratch folder could not be removed", metadata: ["error": "\(error)"])
        }
    }

    private func writeFailure(_ failure: Failure, _ measured: StageMeasures) async throws {
        guard failure.code != "lease_lost" else { return try await leaseLost() }
        if failure.code == "database_unreachable" { return try await putBackWithoutBlame(failure, for: .seconds(5)) }
        // Whatever keeps storage from taking it: no run of a day is thrown away for that.
        if failure.isStorages, holdsUnstoredRun { return try await putBackWithoutBlame(failure, for: .seconds(60)) }
        // The host heals, or another takes the row.
        if failure.retry == .withoutBlame { return try await putBackWithoutBlame(failure, for: .seconds(10)) }
        let earlier = try await persist { try await queue.failedAttempts(job.queueID) }
        let verdict = RetryPolicy(maxAttempts: options.maxAttempts)
            .verdict(for: failure, earlierFailures: earlier, jitter: .random(in: 0.5...1))
        let outcome = RetryPolicy.outcome(of: failure)
        logger.error("job failed", metadata: ["failure": "\(failure)", "verdict": "\(verdict)"])
        let measures = StageMeasures(
            exitCode: measured.exitCode, peakMemoryBytes: measured.peakMemoryBytes,
            detail: Self.json(failure, with: measured.detail))
        switch verdict {
        case .retry(let backoff):
            try await persist {
                try await queue.retryLater(
                    job.token, datasetID: job.datasetID, outcome: outcome, failure: failure,
                    sentence: failure.sentence, backoff: backoff, measures: measures)
            }
            freeDisk(after: failure)
        case .giveUp:
            let sentence = earlier > 0 ? "\(failure.sentence) (tried \(earlier + 1) times)" : failure.sentence
            try await persist {
                try await queue.fail(
                    job.token, datasetID: job.datasetID, outcome: outcome, failure: failure, sentence: sentence,
                    measures: measures)
            }
            keepScratch(failure)
        }
    }

    private var holdsUnstoredRun: Bool {
        guard !job.stagesDone.contains(.odmProcessing) else { return false }
        return (1...job.token.attempt).contains { attempt in
            ScratchFolder.holdsEndedRun(in: options.workFolder, queueID: job.queueID, attempt: attempt)
        }
    }

    /// The row is gone from the queue; what it left may tell why it failed.
    private func keepScratch(_ failure: Failure) {
        guard options.keepFailed > .zero else { return removeScratch() }
        do {
            try KeptFolders(in: options.workFolder)
                .keep(queueID: job.queueID, attempt: job.token.attempt, because: failure)
        } catch {
            logger.warning("scratch folder could not be kept", metadata: ["error": "\(error)"])
            removeScratch()
        }
    }

    /// A stage that needed database or storage while it was away, or a host that cannot run it, is no worse for it.
    private func putBackWithoutBlame(_ failure: Failure, for backoff: Duration) async throws {
        logger.warning("job put back, not for its own fault", metadata: ["failure": "\(failure)"])
        try await persist {
            try await queue.retryLater(
                job.token, datasetID: job.datasetID, outcome: .released, failure: failure, sentence: failure.sentence,
                backoff: backoff, measures: StageMeasures(detail: Self.json(failure, with: nil)))
        }
        freeDisk(after: failure)
    }

    /// - Parameter failure: what ODM has made for hours stays where storage could not take it, until it can.
    private func freeDisk(after failure: Failure) {
        do {
            for attempt in 1...job.token.attempt {
                try ScratchFolder.emptyButJournal(
                    in: options.workFolder, queueID: job.queueID, attempt: attempt, keepingRun: failure.isStorages)
            }
        } catch {
            logger.warning("scratch folder could not be emptied", metadata: ["error": "\(error)"])
        }
    }

    private func persist<Result: Sendable>(_ body: @Sendable () async throws -> Result) async throws -> Result {
        try await UntilDatabaseAnswers(logger).run(body)
    }

    /// What the stage measured, a JSON object, with the failure's code and detail added.
    private static func json(_ failure: Failure, with measured: String?) -> String? {
        // Anything but an object is no measurement; the sentence stands in any case.
        let object = measured.flatMap { try? JSONSerialization.jsonObject(with: Data($0.utf8)) }  // see above
        var fields = object as? [String: Any] ?? [:]
        fields["code"] = failure.code
        fields["detail"] = failure.detail
        let data = try? JSONSerialization.data(withJSONObject: fields, options: .sortedKeys)  // see above
        return data.map { String(decoding: $0, as: UTF8.self) }
    }
}
