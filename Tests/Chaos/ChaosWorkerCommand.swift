import ArgumentParser
import Containers
import DB
import Execution
import Foundation
import Logging
import NativeChild
import ServiceLifecycle
import Storage
import Tasks
import Worker

/// One worker of a chaos run: the production code, with stages that only wait.
struct ChaosWorkerCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "worker", abstract: "One worker of a run; started by it.", shouldDisplay: false)

    @Option var database: String
    @Option var name: String
    @Option var host: String
    @Option var seed: UInt64
    @Option var concurrency: Int
    @Option var folder: String
    @Flag var once = false

    func run() async throws {
        Self.endWithParent()
        let logger = Logger(label: "chaos") { StreamLogHandler.standardError(label: $0) }
        // The name, so that the checker can tell who has published.
        let database = Database(
            url: database, applicationName: name, connections: concurrency + 2, logger: logger)
        let engine = try DockerEngine(host: "unix:///nonexistent/docker.sock")
        let worker = WorkerService(
            identity: WorkerIdentity(name: name, host: host, version: "chaos"),
            options: WorkerOptions(
                concurrency: concurrency, pollInterval: .seconds(2), lease: .milliseconds(2500),
                odmLease: .seconds(3), maxAttempts: 3, shutdownGrace: .milliseconds(300),
                workFolder: "\(folder)/work/\(host)", once: once),
            registry: try TaskRegistry(SyntheticStage.all(seed: seed, host: host)),
            services: StageServices(
                queue: JobQueue(database), storage: LocalStorage(root: "\(folder)/storage"), native: NativeRunner()),
            engine: engine, logger: logger)
        let group = ServiceGroup(
            configuration: .init(
                services: [.init(service: worker, successTerminationBehavior: .gracefullyShutdownGroup)],
                logger: logger))
        try await StopSignals.run(group, logger: logger) { _ in await worker.stopAtOnce() }
    }

    /// A run that is killed leaves no workers behind.
    private static func endWithParent() {
        let parent = getppid()
        Thread {
            while getppid() == parent { usleep(500_000) }
            _exit(70)
        }.start()
    }
}
