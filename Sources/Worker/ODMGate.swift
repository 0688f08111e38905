import DB
import Failures
import Logging
import Tasks

/// Keeps this worker from claiming ODM rows while its host cannot run them, says why in `v2_workers.refuses_odm`, and
/// opens again by itself. Rows stay in the queue for other hosts, and none of them is blamed.
actor ODMGate {
    private let handler: any TaskHandler
    private let queue: JobQueue
    private let worker: WorkerIdentity
    private let logger: Logger
    private(set) var refusal: String?
    /// Whether the database has what is known here.
    private var isWritten = true
    /// Until then nothing is tried: a start has failed although all looked well.
    private var distrust: (until: ContinuousClock.Instant, because: String)?
    private var failures = 0

    private let whenWell = Duration.seconds(30)
    private let whenIll = Duration.seconds(3)

    init(_ handler: any TaskHandler, queue: JobQueue, worker: WorkerIdentity, logger: Logger) {
        self.handler = handler
        self.queue = queue
        self.worker = worker
        self.logger = logger
    }

    /// Looks now and then until its task is canceled; often while something is wrong.
    func run() async {
        var last = ContinuousClock.now
        while !Task.isCancelled {
            try? await Task.sleep(for: whenIll)  // A canceled sleep ends the loop.
            // Asked after each short sleep: what is wrong may have been found in the middle of a long one.
            let isDue = refusal != nil || !isWritten || .now - last >= whenWell
            guard isDue, !Task.isCancelled else { continue }
            await look()
            last = .now
        }
    }

    /// Looks at the host now.
    func look() async {
        let obstacle = await handler.obstacle()
        if let obstacle { return await set(Self.words(obstacle)) }
        if let distrust, distrust.until > .now { return await set(distrust.because) }
        await set(nil)
    }

    /// A run could not be started here. When nothing is found, it is not tried again for a while: a minute, then
    /// longer each time.
    func suspect(_ failure: Failure) async {
        failures += 1
        let pause = min(Duration.seconds(60) * (1 << min(failures - 1, 4)), .seconds(900))
        let isKnown = await handler.obstacle() != nil
        if !isKnown { distrust = (.now + pause, Self.words(failure)) }
        await look()
    }

    /// A run has succeeded: the host is well.
    func trust() { (failures, distrust) = (0, nil) }

    private func set(_ reason: String?) async {
        if reason != refusal {
            let level: Logger.Level = reason == nil ? .info : .error
            logger.log(level: level, "whether this host can run ODM", metadata: ["refuses": "\(reason ?? "nothing")"])
            (refusal, isWritten) = (reason, false)
        }
        guard !isWritten else { return }
        do {
            try await queue.refuseODM(worker, because: reason)
            isWritten = true
        } catch {
            logger.warning("could not say whether ODM rows are claimed", metadata: ["error": "\(error)"])
        }
    }

    private static func words(_ failure: Failure) -> String {
        failure.sentence + (failure.detail.map { " (\($0))" } ?? "")
    }
}
