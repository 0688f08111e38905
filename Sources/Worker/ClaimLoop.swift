import DB
import Logging
import Tasks

/// Claims rows while there is room for them and runs each in a task of its own.
actor ClaimLoop {
    private let runner: JobRunner
    private let queue: JobQueue
    private let worker: WorkerIdentity
    private let types: [TaskType]
    private let options: WorkerOptions
    private let logger: Logger
    private let signal = WakeSignal()
    private var running: [LeaseToken: StopSwitch] = [:]
    private var isStopping = false
    private var isDeaf = true
    private var allSucceeded = true

    init(
        runner: JobRunner, queue: JobQueue, worker: WorkerIdentity, types: [TaskType], options: WorkerOptions,
        logger: Logger
    ) {
        self.runner = runner
        self.queue = queue
        self.worker = worker
        self.types = types
        self.options = options
        self.logger = logger
    }

    /// Something may have become runnable.
    func wake() async { await signal.raise() }

    /// While deaf, the loop polls more often.
    func listenerChanged(isDeaf: Bool) async {
        self.isDeaf = isDeaf
        await signal.raise()
    }

    /// No new claims; the loop ends when its jobs have.
    func stopClaiming() async {
        isStopping = true
        await signal.raise()
    }

    /// Stops the running jobs.
    func stopJobs(_ reason: StopReason) {
        for job in running.values { job.stop(reason) }
    }

    /// Runs until stopped, or with `once` until nothing more can be claimed. True when every job succeeded.
    func run() async -> Bool {
        await withDiscardingTaskGroup { group in
            while !isStopping || !running.isEmpty {
                let jobs = await claim()
                for job in jobs { start(job, in: &group) }
                if options.once && jobs.isEmpty && running.isEmpty { break }
                // A full claim says that there may be more, and room for it may be left.
                if jobs.isEmpty || running.count >= options.concurrency { await signal.wait(upTo: await patience()) }
            }
        }
        return allSucceeded
    }

    private func start(_ job: ClaimedJob, in group: inout DiscardingTaskGroup) {
        let stop = StopSwitch()
        running[job.token] = stop
        group.addTask {
            let work = Task { await self.runner.run(job, stop: stop) }
            stop.onStop { work.cancel() }
            await self.ended(job, succeeded: work.value)
        }
    }

    private func ended(_ job: ClaimedJob, succeeded: Bool) async {
        running[job.token] = nil
        allSucceeded = allSucceeded && succeeded
        await signal.raise()
    }

    private func claim() async -> [ClaimedJob] {
        let room = options.concurrency - running.count
        guard !isStopping, room > 0 else { return [] }
        do {
            return try await queue.claim(for: worker, taskTypes: types, limit: room, lease: options.lease)
        } catch {
            logger.warning("claim failed", metadata: ["error": "\(error)"])
            // With `once` there is nobody to try again.
            if options.once { (isStopping, allSucceeded) = (true, false) }
            return []
        }
    }

    /// How long to sleep when no notification comes: the poll interval, or until a backoff ends.
    private func patience() async -> Duration {
        let poll = isDeaf ? min(options.deafPollInterval, options.pollInterval) : options.pollInterval
        do {
            guard running.count < options.concurrency, let backoff = try await queue.nextBackoff() else { return poll }
            return min(poll, backoff + .milliseconds(10))
        } catch {
            return min(poll, options.deafPollInterval)
        }
    }
}
