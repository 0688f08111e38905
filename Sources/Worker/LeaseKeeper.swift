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
        let token: LeaseToken
        var progress = 0.0
        var note: String?
        var isChanged = false
        let stop: @Sendable (StopReason) -> Void
    }

    private let queue: JobQueue
    private let worker: WorkerIdentity
    private let options: WorkerOptions
    private let logger: Logger
    private var held: [LeaseToken: Held] = [:]
    private var lastRenewal = ContinuousClock.now
    private var lastBeat = ContinuousClock.now

    /// Progress is written at most this often: the database is not a progress bar.
    private let progressInterval = Duration.seconds(2)

    init(queue: JobQueue, worker: WorkerIdentity, options: WorkerOptions, logger: Logger) {
        self.queue = queue
        self.worker = worker
        self.options = options
        self.logger = logger
    }

    /// Keeps `token`'s lease until `drop`. `stop` is called, at most once, when the job has to end.
    func hold(_ token: LeaseToken, stop: @escaping @Sendable (StopReason) -> Void) {
        held[token] = Held(token: token, stop: stop)
    }

    func drop(_ token: LeaseToken) {
        held[token] = nil
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

    private func renewWhereDue() async {
        let age = ContinuousClock.now - lastRenewal
        let isProgressDue = age >= progressInterval && held.values.contains(where: \.isChanged)
        if isProgressDue || age >= options.lease / 3 { await check() }
    }

    private func renew() async {
        let start = ContinuousClock.now
        let asked = held.values.map { LeaseProgress(token: $0.token, progress: $0.progress, note: $0.note) }
        do {
            let renewed = try await queue.renew(
                asked, worker: worker.name, lease: options.lease, odmLease: options.odmLease)
            lastRenewal = start
            for token in held.keys { held[token]?.isChanged = false }
            judge(asked.map(\.token), renewed)
        } catch {
            logger.warning("leases could not be renewed", metadata: ["error": "\(error)"])
        }
    }

    private func judge(_ asked: [LeaseToken], _ renewed: [RenewedLease]) {
        for token in asked {
            guard let job = held[token] else { continue }
            let answer = renewed.first { $0.queueID == token.queueID && $0.attempt == token.attempt }
            guard let answer else {
                logger.warning("lease lost, stopping the job", metadata: ["queue_id": "\(token.queueID)"])
                held[token] = nil
                job.stop(.leaseLost)
                continue
            }
            if answer.isCancelRequested { job.stop(.canceled) }
        }
    }

    private func beatWhereDue(_ replaced: @Sendable () -> Void) async {
        guard ContinuousClock.now - lastBeat >= options.lease / 3 else { return }
        do {
            if try await !queue.beat(worker, running: held.keys.map(\.queueID).sorted(), note: nil) { replaced() }
            lastBeat = .now
        } catch {
            logger.warning("worker heartbeat failed", metadata: ["error": "\(error)"])
        }
    }
}
