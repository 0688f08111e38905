import Containers
import DB
import Failures
import Foundation
import Logging
import NativeChild
import ServiceLifecycle
import Settings
import Storage
import Synchronization
import Tasks
import UnixSignals
import Worker

/// A stage that does nothing but say that it was reached.
struct NoOpStage: TaskHandler {
    let type = TaskType.metadata
    let status = DatasetStatus.metadataProcessing
    let flag = DoneFlag.metadata
    let started: @Sendable () -> Void

    func run(_ stage: StageContext) async throws -> StageResult {
        started()
        return StageResult()
    }
}

/// The worker as `deadtrees worker` runs it, with the same settings from the environment, and with one handler
/// that does nothing.
struct BenchWorker {
    /// Nil: as WORKER_CONCURRENCY says.
    let concurrency: Int?
    /// Where each start of a stage leaves a line with its time; nil: nowhere.
    let marks: String?
    var started: @Sendable () -> Void = {}

    /// Runs until SIGTERM.
    func runUntilStopped() async throws {
        let service = try service()
        try await ServiceGroup(
            configuration: .init(
                services: [.init(service: service, successTerminationBehavior: .gracefullyShutdownGroup)],
                gracefulShutdownSignals: [.sigterm, .sigint], logger: Self.logger)
        ).run()
    }

    func service() throws -> WorkerService {
        let settings = try AppSettings.current()
        let jobs = concurrency ?? settings.worker.concurrency
        let options = WorkerOptions(
            concurrency: jobs, pollInterval: settings.worker.pollInterval, lease: settings.worker.lease,
            odmLease: settings.odm.lease, maxAttempts: settings.worker.maxAttempts,
            shutdownGrace: settings.worker.shutdownGrace, workFolder: settings.worker.workDirectory,
            diskReserve: settings.worker.diskReserve.bytes, once: false)
        return WorkerService(
            identity: WorkerIdentity(name: settings.worker.name, host: HostFacts.current().hostName, version: "bench"),
            options: options, registry: try TaskRegistry([NoOpStage(started: try announcement())]),
            services: StageServices(
                queue: JobQueue(benchDatabase(connections: 4)),
                storage: LocalStorage(root: settings.worker.workDirectory), native: NativeRunner()),
            engine: try DockerEngine(host: settings.odm.dockerHost), logger: Self.logger)
    }

    private func announcement() throws -> @Sendable () -> Void {
        guard let marks else { return started }
        let file = open(marks, O_WRONLY | O_APPEND | O_CREAT, 0o644)
        guard file >= 0 else { throw Failure("marks", "the file \(marks) cannot be written") }
        return {
            let line = "\(monotonicNanoseconds())\n"
            write(file, line, line.utf8.count)
        }
    }

    private static var logger: Logger {
        var logger = Logger(label: "bench") { StreamLogHandler.standardError(label: $0) }
        logger.logLevel = .warning
        return logger
    }
}
