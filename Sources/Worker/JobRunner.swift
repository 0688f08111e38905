public import DB
import Failures
import Logging
public import NativeChild
public import Storage
import Tasks

/// What a stage stands on, the same for every job of the process.
public struct StageServices: Sendable {
    public let queue: JobQueue
    public let storage: any Storage
    public let native: NativeRunner

    public init(queue: JobQueue, storage: any Storage, native: NativeRunner) {
        self.queue = queue
        self.storage = storage
        self.native = native
    }
}

/// Runs the stages of one claimed row, one after the other, until the first that fails.
struct JobRunner: Sendable {
    let services: StageServices
    let registry: TaskRegistry
    let keeper: LeaseKeeper
    let options: WorkerOptions
    let logger: Logger

    /// Runs the row to its end and settles it in the database. True when every stage succeeded.
    func run(_ job: ClaimedJob, stop: StopSwitch) async -> Bool {
        var logger = logger
        logger[metadataKey: "queue_id"] = "\(job.queueID)"
        logger[metadataKey: "dataset_id"] = "\(job.datasetID)"
        logger[metadataKey: "attempt"] = "\(job.token.attempt)"
        await keeper.hold(job.token) { stop.stop($0) }
        let settlement = Settlement(job: job, queue: services.queue, options: options, logger: logger)
        do {
            try await runStages(of: job, stop, logger)
            // From here on the row's end is being written, and its lease goes with it: that is no loss to act on.
            await keeper.drop(job.token)
            try await settlement.finish()
            removeScratch(of: job, logger)
            return true
        } catch {
            await keeper.drop(job.token)
            await settlement.settle(error, stop.reason)
            // A later attempt on this host may work in this one's folder; its end removes both.
            if stop.reason == nil || stop.reason == .canceled { removeScratch(of: job, logger) }
            return false
        }
    }

    private func runStages(of job: ClaimedJob, _ stop: StopSwitch, _ logger: Logger) async throws {
        let stages = try registry.stages(for: job.taskTypes)
        try await refuseWhatKillsItsWorkers(job)
        let scratch = try ScratchFolder(
            in: options.workFolder, queueID: job.queueID, attempt: job.token.attempt)
        for handler in stages where !job.stagesDone.contains(handler.type) {
            try Task.checkCancellation()
            let context = context(of: job, handler, scratch, stop, logger)
            do {
                try await run(handler, context)
            } catch let error where stop.reason == nil {
                let measures = (error as? FailedStage)?.measures ?? StageMeasures()
                throw FailedStage(Failure(error).prefixed("\(handler.type) failed"), measures)
            }
        }
    }

    /// A row whose workers went away again and again is likely to be the reason. One with a container is not: the
    /// container outlives its workers.
    private func refuseWhatKillsItsWorkers(_ job: ClaimedJob) async throws {
        guard job.isTakenOver, !job.hasContainer else { return }
        let failures = try await services.queue.failedAttempts(job.queueID)
        guard failures >= options.maxAttempts else { return }
        throw Failure(
            "workers_lost",
            "the worker went away \(failures) times while it was at this dataset; an operator has to look at it")
    }

    private func context(
        of job: ClaimedJob, _ handler: any TaskHandler, _ scratch: ScratchFolder, _ stop: StopSwitch, _ logger: Logger
    ) -> StageContext {
        var logger = logger
        logger[metadataKey: "stage"] = "\(handler.type)"
        return StageContext(
            job: job, scratch: scratch, queue: services.queue, storage: services.storage, native: services.native,
            logger: logger, isWorkerStopping: { stop.reason == .shutdown },
            report: { [keeper] progress, note in
                Task { await keeper.report(job.token, progress, note) }
            })
    }

    private func run(_ handler: any TaskHandler, _ context: StageContext) async throws {
        let start = StageStart(
            token: context.job.token, datasetID: context.datasetID, taskType: handler.type, status: handler.status,
            flag: handler.flag)
        let database = UntilDatabaseAnswers(context.logger)
        await keeper.restartProgress(start.token)
        try await database.run { try await services.queue.begin(start) }
        context.logger.info("stage started")
        let result = try await handler.run(context)
        try await database.run {
            try await services.queue.complete(start, measures: result.measures, record: result.record)
        }
        context.logger.info("stage done")
    }

    private func removeScratch(of job: ClaimedJob, _ logger: Logger) {
        do {
            try ScratchFolder.remove(in: options.workFolder, queueID: job.queueID)
        } catch {
            logger.warning("scratch folder could not be removed", metadata: ["error": "\(error)"])
        }
    }
}
