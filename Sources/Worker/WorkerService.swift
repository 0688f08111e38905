public import Containers
public import DB
import Failures
public import Logging
public import ServiceLifecycle
public import Tasks

/// A worker process: claims rows of the queue, runs their stages, renews its leases, and stops in good order.
public struct WorkerService: Service {
    private let identity: WorkerIdentity
    private let options: WorkerOptions
    private let registry: TaskRegistry
    private let services: StageServices
    private let engine: DockerEngine
    private let logger: Logger
    private let hurry = WakeSignal()

    public init(
        identity: WorkerIdentity, options: WorkerOptions, registry: TaskRegistry, services: StageServices,
        engine: DockerEngine, logger: Logger
    ) {
        self.identity = identity
        self.options = options
        self.registry = registry
        self.services = services
        self.engine = engine
        var logger = logger
        logger[metadataKey: "worker"] = "\(identity.name)"
        self.logger = logger
    }

    /// Works until graceful shutdown, or with `once` until nothing more is runnable.
    /// - Throws: `Failure` with code `jobs_failed` when `once` is set and a job did not succeed, or
    ///   `worker_replaced` when another process registered under this worker's name.
    public func run() async throws {
        let queue = services.queue
        try await register()
        logger.info(
            "worker started", metadata: ["concurrency": "\(options.concurrency)", "tasks": "\(registry.types)"])
        let heartbeats = JobQueue(queue.database.aside(for: "heartbeat"))
        let keeper = LeaseKeeper(queue: heartbeats, worker: identity, options: options, logger: logger)
        let bell = Bell()
        let parked = ParkedJobs()
        let gate = registry.odm.map { ODMGate($0, queue: queue, worker: identity, logger: logger) }
        let runner = JobRunner(
            services: services, registry: registry, keeper: keeper, ledger: Ledger(queue), options: options,
            bell: bell, parked: parked, gate: gate, logger: logger)
        // On a connection of its own, whose session has planned the claim already when a row comes.
        let claims = JobQueue(queue.database.aside(for: "claims"))
        let loop = ClaimLoop(
            runner: runner, queue: claims, worker: identity, stages: registry.kinds, options: options, logger: logger)
        parked.onChange { Task { await loop.wake() } }
        // With connections of their own: what they have to do does not wait for what others do.
        let aside = JobQueue(queue.database.aside(for: "watchdog"))
        let watchdog = try Watchdog(
            engine: DockerEngine(beside: engine), queue: aside, logger: logger, hasLooked: { keeper.watchdog.note() })
        let strays = try StrayContainers(engine: DockerEngine(beside: engine), queue: aside, logger: logger)
        let housekeeping = Housekeeping(
            queue: queue, folder: options.workFolder, keepFailed: options.keepFailed, ownership: options.ownership,
            logger: logger)
        await housekeeping.sweepQueue()
        let replaced = StopSwitch()
        let succeeded = await withTaskGroup(of: Void.self) { group in
            group.addTask { await hear(loop, keeper, bell) }
            group.addTask { await watchdog.run() }
            group.addTask { await strays.run() }
            if let gate { group.addTask { await gate.run() } }
            group.addTask { await housekeeping.run() }
            group.addTask {
                await keeper.run {
                    replaced.stop(.leaseLost)
                    Task { await stop(loop, reason: .leaseLost, grace: .zero) }
                }
            }
            defer { group.cancelAll() }
            return await withGracefulShutdownHandler {
                await loop.run()
            } onGracefulShutdown: {
                Task { await stop(loop, reason: .shutdown, grace: options.shutdownGrace) }
            }
        }
        guard replaced.reason == nil else { throw Failure.workerReplaced(identity.name) }
        await leave()
        logger.info("worker stopped")
        if options.once && !succeeded { throw Failure.jobsFailed() }
    }

    /// Running stages get no more grace, and their rows go back into the queue.
    public func stopAtOnce() async { await hurry.raise() }

    private func leave() async {
        do {
            try await UntilDatabaseAnswers(logger, atMost: .seconds(5)).run { try await services.queue.leave(identity) }
        } catch {
            // Whoever looks sees it by the heartbeat that has stopped.
            logger.warning("could not say that this worker has stopped", metadata: ["error": "\(error)"])
        }
    }

    /// A worker that stays waits for its database; with `once` somebody waits for the worker.
    private func register() async throws {
        let register = { @Sendable in
            try await services.queue.register(
                identity, taskTypes: registry.types, goneAfter: options.lease * 2, places: options.concurrency)
        }
        if options.once { return try await register() }
        try await UntilDatabaseAnswers(logger).run(register)
    }

    private func stop(_ loop: ClaimLoop, reason: StopReason, grace: Duration) async {
        logger.info("stopping", metadata: ["reason": "\(reason)", "grace": "\(grace)"])
        await loop.stopClaiming()
        await hurry.wait(upTo: grace)
        await loop.stopJobs(reason)
    }

    /// Turns what the listener hears into looks at the database.
    private func hear(_ loop: ClaimLoop, _ keeper: LeaseKeeper, _ bell: Bell) async {
        let listener = Listener(database: services.queue.database, channels: ["v2_queue", "v2_queue_control"])
        for await event in listener.events() {
            switch event {
            case .listening: await loop.listenerChanged(isDeaf: false)
            case .deaf: await loop.listenerChanged(isDeaf: true)
            case .notification("v2_queue"): await loop.wake()
            case .notification: await keeper.check()
            }
            bell.ring()
        }
    }
}

extension Failure {
    static func workerReplaced(_ name: String) -> Failure {
        Failure(
            "worker_replaced",
            "another worker has started under the name \(name), or it was evicted; give each running worker its own WORKER_NAME"
        )
    }
    static func jobsFailed() -> Failure {
        Failure("jobs_failed", "at least one queue row did not succeed; the lines above and v2_task_runs say why")
    }
}
