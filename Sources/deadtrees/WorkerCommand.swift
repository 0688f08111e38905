import ArgumentParser
import Containers
import DB
import Execution
import Failures
import Foundation
import Logging
import NativeChild
import ServiceLifecycle
import Settings
import Tasks
import Worker

struct WorkerCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "worker",
        abstract: "Run a worker: claim rows of v2_queue and do what they ask for.",
        discussion: """
            SIGTERM: no new claims, running stages get SHUTDOWN_GRACE, then their rows go back into the queue. An ODM \
            container goes on without its worker and is taken up again at the next start.
            """)

    @Flag(help: "Take what is runnable now, finish it, and exit: 0, or 1 if any failed.")
    var once = false
    @Option(help: "Jobs at a time (default: WORKER_CONCURRENCY).")
    var concurrency: Int?
    @Option(help: ArgumentHelp("Run only these task types.", valueName: "type,…"))
    var only: String?
    @Option(help: ArgumentHelp("Run all but these task types.", valueName: "type,…"))
    var except: String?

    func validate() throws {
        guard concurrency.map({ (1...256).contains($0) }) ?? true else {
            throw ValidationError("--concurrency must be from 1 to 256")
        }
    }

    func run() async throws {
        let environment = try Environment()
        let settings = environment.settings
        let name = try WorkerName.claim(settings.worker.name, in: settings.worker.workDirectory)
        let identity = WorkerIdentity(
            name: name.text, host: HostFacts.current().hostName, version: Version.text)
        // Jobs share them: a statement takes a millisecond, and what waits is written together.
        let database = environment.database(connections: 4)
        let engine = try DockerEngine(host: settings.odm.dockerHost)
        let registry = try TaskRegistry.standard(
            engine: engine,
            odm: ODMOptions(
                settings: settings.odm, host: identity.host, worker: identity.name,
                workFolder: settings.worker.workDirectory, diskReserve: settings.worker.diskReserve.bytes,
                maxAttempts: settings.worker.maxAttempts),
            assets: settings.worker.assetsDirectory
        ).limited(only: only.map(Self.names), except: except.map(Self.names) ?? [])
        let worker = WorkerService(
            identity: identity, options: options(settings, engine), registry: registry,
            services: StageServices(
                queue: JobQueue(database), storage: try await environment.reachedStorage(), native: NativeRunner()),
            engine: engine, logger: environment.logger)
        let group = ServiceGroup(
            configuration: .init(
                services: [.init(service: worker, successTerminationBehavior: .gracefullyShutdownGroup)],
                logger: environment.logger))
        defer { withExtendedLifetime(name) {} }
        try await StopSignals.run(group, logger: environment.logger) { signal in
            await worker.stopAtOnce()
            // Handing rows back takes less; what could not be handed back runs out with its lease.
            try? await Task.sleep(for: .seconds(8))  // canceled when the worker has stopped in time
            if !Task.isCancelled { Foundation.exit(128 + signal) }
        }
    }

    private func options(_ settings: AppSettings, _ engine: DockerEngine) -> WorkerOptions {
        let (worker, odm) = (settings.worker, settings.odm)
        return WorkerOptions(
            concurrency: concurrency ?? worker.concurrency, pollInterval: worker.pollInterval, lease: worker.lease,
            odmLease: odm.lease, maxAttempts: worker.maxAttempts, shutdownGrace: worker.shutdownGrace,
            workFolder: worker.workDirectory, diskReserve: worker.diskReserve.bytes, keepFailed: worker.keepFailed,
            ownership: FolderOwnership(engine: engine, image: odm.image), once: once)
    }

    private static func names(_ list: String) -> [String] {
        list.split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) }
    }
}
