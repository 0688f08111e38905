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

/// A row that this process has claimed, and how long it may believe so.
struct HeldJob: Sendable {
    let job: ClaimedJob
    let trust: LeaseTrust
}

/// Runs the stages of one claimed row, one after the other, until the first that fails.
struct JobRunner: Sendable {
    let services: StageServices
    let registry: TaskRegistry
    let keeper: LeaseKeeper
    let ledger: Ledger
    let options: WorkerOptions
    let bell: Bell
    let parked: ParkedJobs
    /// Nil for a worker that runs no ODM.
    let gate: ODMGate?
    let logger: Logger

    /// Runs the row to its end and settles it in the database. True when every stage succeeded.
    func run(_ held: HeldJob, stop: StopSwitch) async -> Bool {
        let job = held.job
        var logger = logger
        logger[metadataKey: "queue_id"] = "\(job.queueID)"
        logger[metadataKey: "dataset_id"] = "\(job.datasetID)"
        logger[metadataKey: "attempt"] = "\(job.token.attempt)"
        await keeper.hold(job.token, trust: held.trust) { stop.stop($0) }
        let settlement = Settlement(job: job, queue: services.queue, options: options, logger: logger)
        let isDone: Bool
        do {
            try await runStages(of: held, stop, settlement, logger)
            isDone = true
        } catch {
            // Before the row is back in the queue, or this host would be the first to take it again.
            let failure = Failure(error)
            if stop.reason == nil, failure.isHostsFault {
                await gate?.suspect(failure)
            }
            await keeper.isEnding(job.token)
            await settlement.settle(error, stop.reason)
            isDone = false
        }
        parked.set(job.token, false)
        await keeper.drop(job.token)
        return isDone
    }

    private func runStages(
        of held: HeldJob, _ stop: StopSwitch, _ settlement: Settlement, _ logger: Logger
    ) async throws {
        let job = held.job
        let stages = try registry.stages(for: job.taskTypes).filter { !job.stagesDone.contains($0.type) }
        try refuseWhatCannotBeRun(job)
        let scratch = ScratchFolder(in: options.workFolder, queueID: job.queueID, attempt: job.token.attempt)
        for (index, handler) in stages.enumerated() {
            try Task.checkCancellation()
            let context = context(of: held, handler, scratch, stop, logger)
            let next = index + 1 < stages.count ? stages[index + 1].kind : nil
            do {
                try await run(handler, context, next: next)
            } catch let error where stop.reason == nil {
                let measures = (error as? FailedStage)?.measures ?? StageMeasures()
                throw FailedStage(Failure(error).prefixed("\(handler.type) failed"), measures)
            }
        }
        if stages.isEmpty { try await settlement.finish() }
        settlement.removeScratch()
    }

    private func refuseWhatCannotBeRun(_ job: ClaimedJob) throws {
        if job.isDatasetGone { throw Failure.datasetGone(job.datasetID) }
        // A row whose workers went away again and again is likely to be the reason. One with a container is not: the
        // container outlives its workers.
        if job.isTakenOver, !job.hasContainer, job.failedAttempts >= options.maxAttempts {
            throw Failure.workersLost(job.failedAttempts)
        }
    }

    private func context(
        of held: HeldJob, _ handler: any TaskHandler, _ scratch: ScratchFolder, _ stop: StopSwitch, _ logger: Logger
    ) -> StageContext {
        var logger = logger
        logger[metadataKey: "stage"] = "\(handler.type)"
        let token = held.job.token
        let storage = LeasedStorage(
            base: services.storage, trust: held.trust, attempt: "\(token.queueID)-\(token.attempt)"
        ) { [keeper] in
            try await keeper.confirm(token)
        }
        return StageContext(
            job: held.job, scratch: scratch, queue: services.queue, storage: storage, native: services.native,
            logger: logger, isWorkerStopping: { stop.reason == .shutdown },
            report: { [keeper] progress, note in
                Task { await keeper.report(token, progress, note) }
            }, bell: bell, park: { [parked] in parked.set(token, $0) })
    }

    /// The claim, or the end of the stage before, has opened this one's run.
    private func run(_ handler: any TaskHandler, _ context: StageContext, next: StageKind?) async throws {
        let journal = StageJournal(context.scratch)
        var result = journal.earlierResult(of: handler.type)
        if result == nil {
            context.logger.info("stage started")
            if handler.needsScratch { try context.scratch.make() }
            result = try await handler.run(context)
            if handler.type == .odmProcessing { await gate?.trust() }
        } else {
            context.logger.info("stage was done by the attempt before; its result is published")
        }
        guard let result else { return }
        try journal.write(result, of: handler.type)
        let end = StageEnd(
            token: context.job.token, datasetID: context.datasetID, kind: handler.kind, measures: result.measures,
            records: result.records, next: next)
        if next == nil { await keeper.isEnding(end.token) }
        try await UntilDatabaseAnswers(context.logger).run { try await ledger.complete(end) }
        await keeper.restartProgress(end.token)
        context.logger.info(next == nil ? "stage done, row finished" : "stage done")
    }
}

extension Failure {
    static func datasetGone(_ datasetID: Int64) -> Failure {
        Failure("dataset_gone", "dataset \(datasetID) does not exist any more")
    }
    /// What speaks against running ODM on this host. Where storage is away, the host is as well as any other.
    fileprivate var isHostsFault: Bool {
        retry == .withoutBlame && code != "worker_drained" && !isStorages
    }

    /// Whether it was storage that did not do its part.
    var isStorages: Bool { code.hasPrefix("storage_") }

    static func workersLost(_ times: Int) -> Failure {
        Failure(
            "workers_lost",
            "the worker went away \(times) times while it was at this dataset; an operator has to look at it")
    }
}
