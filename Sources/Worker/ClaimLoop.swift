import DB
import Logging
import Tasks

/// Claims rows while there is room for them and runs each in a task of its own.
actor ClaimLoop {
    private let runner: JobRunner
    private let queue: JobQueue
    private let worker: WorkerIdentity
    private let stages: [StageKind]
    private let options: WorkerOptions
    private let logger: Logger
    private let disk: DiskGate
    private let signal = WakeSignal()
    private var running: [LeaseToken: StopSwitch] = [:]
    private var isStopping = false
    private var isDeaf = true
    private var allSucceeded = true
    /// Whether there may be leases under this worker's name that it does not know of: at first those of its earlier
    /// life, later those of a claim whose answer was lost.
    private var hasUnknownLeases = true
    private var wantsBackoff = true
    private var backoffEnd: ContinuousClock.Instant?

    init(
        runner: JobRunner, queue: JobQueue, worker: WorkerIdentity, stages: [StageKind], options: WorkerOptions,
        logger: Logger
    ) {
        self.runner = runner
        self.queue = queue
        self.worker = worker
        self.stages = stages
        self.options = options
        self.logger = logger
        disk = DiskGate(folder: options.workFolder, reserve: options.diskReserve, logger: logger)
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

    /// Jobs that take a place. One that waits for the GPU, or whose container runs, takes none, so that the next one is
    /// made ready and the one before finished meanwhile; with one place all goes one after the other.
    private var busy: Int { options.concurrency > 1 ? running.count - runner.parked.count : running.count }

    /// The queue ids that this process works on.
    var runningRows: Set<Int64> { Set(running.keys.map(\.queueID)) }

    /// Runs until stopped, or with `once` until nothing more can be claimed. True when every job succeeded.
    func run() async -> Bool {
        await runner.gate?.look()
        return await withDiscardingTaskGroup { group in
            while !isStopping || !running.isEmpty {
                let jobs = await claim()
                for job in jobs { start(job, in: &group) }
                if options.once && jobs.isEmpty && running.isEmpty { break }
                // A claim that found rows says that there may be more, and room for them may be left.
                // Jobs that end together end within a moment: a busy worker claims for all of them at once.
                if !running.isEmpty && !isStopping && busy > options.concurrency / 2 {
                    try? await Task.sleep(for: .milliseconds(1))  // A canceled sleep only makes the next claim smaller.
                }
                if jobs.isEmpty || busy >= options.concurrency { await rest() }
            }
            return allSucceeded
        }
    }

    private func start(_ claimed: HeldJob, in group: inout DiscardingTaskGroup) {
        let stop = StopSwitch()
        running[claimed.job.token] = stop
        group.addTask {
            let work = Task { await self.runner.run(claimed, stop: stop) }
            stop.onStop { work.cancel() }
            await self.ended(claimed.job, succeeded: work.value)
        }
    }

    private func ended(_ job: ClaimedJob, succeeded: Bool) async {
        running[job.token] = nil
        allSucceeded = allSucceeded && succeeded
        await signal.raise()
    }

    private func claim() async -> [HeldJob] {
        let room = min(options.concurrency - busy, largestClaim)
        guard !isStopping, room > 0, await hasDisk() else { return [] }
        let start = ContinuousClock.now
        do {
            let jobs = try await queue.claim(
                for: worker, stages: stages, limit: room, lease: options.lease,
                known: hasUnknownLeases ? Array(runningRows) : nil, watchdogAge: runner.keeper.watchdog.age)
            // Those come first: a claim that has room for others has taken them all over.
            hasUnknownLeases = hasUnknownLeases && jobs.count == room && jobs.allSatisfy(\.isTakenOver)
            await runner.keeper.hasBeaten()
            if options.once && jobs.isEmpty && running.isEmpty { await noteUnclaimed() }
            return jobs.map { HeldJob(job: $0, trust: LeaseTrust(until: start + options.lease)) }
        } catch {
            logger.warning("claim failed", metadata: ["error": "\(error)"])
            hasUnknownLeases = true
            // With `once` there is nobody to try again.
            if options.once { (isStopping, allSucceeded) = (true, false) }
            return []
        }
    }

    /// With `once`, rows that this host cannot run just now must not look like success.
    private func noteUnclaimed() async {
        guard await runner.gate?.refusal != nil else { return }
        do {
            if try await queue.hasWaitingODM(for: stages.map(\.type)) { allSucceeded = false }
        } catch {
            allSucceeded = false
        }
    }

    /// A full disk fails what runs on it: better that another host takes the row.
    private func hasDisk() async -> Bool {
        guard let change = disk.look() else { return disk.refusal == nil }
        // With `once` nobody waits for space: what is left undone must not look like success.
        if options.once && change != nil { allSucceeded = false }
        logger.log(level: change == nil ? .info : .error, "disk space", metadata: ["refuses": "\(change ?? "nothing")"])
        do {
            try await queue.refuse(worker, because: change)
        } catch {
            logger.warning("could not say why nothing is claimed", metadata: ["error": "\(error)"])
        }
        return change == nil
    }

    /// Where many jobs run, half of them are claimed while the other half's ends are being written.
    private var largestClaim: Int { options.concurrency < 8 ? options.concurrency : options.concurrency / 2 }

    private var pollInterval: Duration {
        let mustLookOften = isDeaf || disk.refusal != nil
        return mustLookOften ? min(options.deafPollInterval, options.pollInterval) : options.pollInterval
    }

    /// Sleeps until something happens, the poll interval is over, or a backoff ends.
    private func rest() async {
        let isFull = busy >= options.concurrency || isStopping
        if !isFull && wantsBackoff { await lookForBackoff() }
        let untilBackoff = isFull ? nil : backoffEnd.map { max(.zero, $0 - .now) + .milliseconds(10) }
        let wasWoken = await signal.wait(upTo: min(pollInterval, untilBackoff ?? pollInterval))
        // An idle worker that nothing has woken need not ask again.
        wantsBackoff = wasWoken || (backoffEnd.map { $0 <= .now } ?? false)
    }

    private func lookForBackoff() async {
        do {
            backoffEnd = try await queue.nextBackoff().map { .now + $0 }
        } catch {
            // The next poll comes in any case.
            backoffEnd = nil
        }
    }
}
