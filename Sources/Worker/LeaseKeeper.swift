import DB
import Failures
import Logging

/// Why a running job has to stop before it is done.
enum StopReason: Sendable, Equatable {
    /// Somebody asked for it with `v2_cancel`.
    case canceled
    /// The claim is another worker's now, or its row was deleted: write nothing more.
    case leaseLost
    /// This worker is stopping.
    case shutdown
}

/// Renews the leases of this worker's jobs, writes their progress, and stops the jobs whose lease is gone.
actor LeaseKeeper {
    private struct Held {
        var progress = 0.0
        var note: String?
        var isChanged = false
        /// The row's end is being written, and its lease goes with it: that is no loss to act on.
        var isEnding = false
        let trust: LeaseTrust
        let stop: @Sendable (StopReason) -> Void
    }

    /// When the watchdog last looked: goes with the worker's heartbeat.
    nonisolated let watchdog = LastLook()
    private let queue: JobQueue
    private let worker: WorkerIdentity
    private let options: WorkerOptions
    private let logger: Logger
    private var held: [LeaseToken: Held] = [:]
    private var lastRenewal = ContinuousClock.now
    private var lastBeat = ContinuousClock.now
    private var lastRunning: [Int64] = []
    private var hasFallenBehind = false

    /// Progress is written at most this often: the database is not a progress bar.
    private let progressInterval = Duration.seconds(2)

    init(queue: JobQueue, worker: WorkerIdentity, options: WorkerOptions, logger: Logger) {
        self.queue = queue
        self.worker = worker
        self.options = options
        self.logger = logger
    }

    /// Keeps `token`'s lease until `drop`. `stop` is called, at most once, when the job has to end.
    /// - Parameter trust: how long the claim itself is good for.
    func hold(_ token: LeaseToken, trust: LeaseTrust, stop: @escaping @Sendable (StopReason) -> Void) {
        // While there was nothing to renew, nothing has been missed.
        if held.isEmpty { lastRenewal = .now }
        held[token] = Held(trust: trust, stop: stop)
    }

    func drop(_ token: LeaseToken) {
        held[token] = nil
    }

    /// From here on the lease may go without the job being stopped.
    func isEnding(_ token: LeaseToken) {
        held[token]?.isEnding = true
    }

    func report(_ token: LeaseToken, _ progress: Double, _ note: String?) {
        held[token]?.progress = progress
        held[token]?.note = note
        held[token]?.isChanged = true
    }

    /// A new stage starts from nothing.
    func restartProgress(_ token: LeaseToken) {
        report(token, 0, nil)
        held[token]?.isChanged = false
    }

    /// The claim that was made just now is a heartbeat, too.
    func hasBeaten() { lastBeat = .now }

    /// Renews until its task is canceled. `replaced` is called when another process has taken this worker's name.
    func run(replaced: @escaping @Sendable () -> Void) async {
        while !Task.isCancelled {
            await renewWhereDue()
            await beatWhereDue(replaced)
            try? await Task.sleep(for: min(.seconds(1), options.lease / 9))  // A canceled sleep ends the loop.
        }
    }

    /// Looks at all leases now: a notification said that one of them may have changed.
    func check() async {
        guard !held.isEmpty else { return }
        await renew()
    }

    /// Returns when the lease is known to hold, and asks the database until it answers.
    /// - Throws: `Failure` with code `lease_lost`; `CancellationError`.
    func confirm(_ token: LeaseToken) async throws {
        while let job = held[token] {
            if job.trust.holds { return }
            await renew()
            if !job.trust.holds, held[token] != nil { try await Task.sleep(for: .milliseconds(500)) }
        }
        throw Failure.leaseLost(token)
    }

    private func renewWhereDue() async {
        let age = ContinuousClock.now - lastRenewal
        let isProgressDue = age >= progressInterval && held.values.contains(where: \.isChanged)
        if isProgressDue || age >= options.lease / 3 { await check() }
    }

    private func renew() async {
        let start = ContinuousClock.now
        let asked = held.map { LeaseProgress(token: $0, progress: $1.progress, note: $1.note) }
        noteGap(start - lastRenewal)
        do {
            let renewed = try await queue.renew(
                asked, worker: worker.name, lease: options.lease, odmLease: options.odmLease)
            lastRenewal = start
            hasFallenBehind = false
            judge(asked, renewed, start)
        } catch {
            logger.warning("leases could not be renewed", metadata: ["error": "\(error)"])
        }
    }

    /// Says once that this process slept through its leases, or could not reach the database for as long.
    private func noteGap(_ gap: Duration) {
        guard gap > options.lease, !held.isEmpty, !hasFallenBehind else { return }
        hasFallenBehind = true
        logger.warning(
            "no lease was renewed for longer than LEASE; nothing is published until it is known whose the rows are",
            metadata: ["gap": "\(gap)"])
    }

    private func judge(_ asked: [LeaseProgress], _ renewed: [RenewedLease], _ start: ContinuousClock.Instant) {
        let answers = Dictionary(renewed.map { ($0.queueID, $0) }) { first, _ in first }
        for lease in asked {
            guard let job = held[lease.token] else { continue }
            guard let answer = answers[lease.token.queueID], answer.attempt == lease.token.attempt else {
                lose(lease.token, job)
                continue
            }
            // A report that came while the statement ran is written with the next.
            if job.progress == lease.progress && job.note == lease.note { held[lease.token]?.isChanged = false }
            job.trust.extend(to: start + options.lease)
            if answer.isCancelRequested { job.stop(.canceled) }
        }
    }

    private func lose(_ token: LeaseToken, _ job: Held) {
        held[token] = nil
        guard !job.isEnding else { return }
        job.trust.revoke()
        logger.warning("lease lost, stopping the job", metadata: ["queue_id": "\(token.queueID)"])
        job.stop(.leaseLost)
    }

    /// A claim counts as a heartbeat, so an idle worker has few of its own; one whose jobs have changed says so soon.
    private func beatWhereDue(_ replaced: @Sendable () -> Void) async {
        let running = held.keys.map(\.queueID).sorted()
        let age = ContinuousClock.now - lastBeat
        guard age >= options.lease / 2 || (running != lastRunning && age >= progressInterval) else { return }
        do {
            if try await !queue.beat(worker, running: running, note: nil, watchdogAge: watchdog.age) { replaced() }
            (lastBeat, lastRunning) = (.now, running)
        } catch {
            logger.warning("worker heartbeat failed", metadata: ["error": "\(error)"])
        }
    }
}
