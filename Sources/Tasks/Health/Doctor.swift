public import Containers
public import DB
public import Foundation
public import Settings
public import Storage

/// Looks at all that the system stands on: database, storage, scratch space, Docker, and the queue itself.
public struct Doctor: Sendable {
    let settings: AppSettings
    let queue: JobQueue
    let engine: @Sendable () throws -> DockerEngine
    let storage: @Sendable () throws -> any Storage
    let migrations: @Sendable () throws -> URL

    var database: Database { queue.database }

    /// The closures are asked when it is their turn, so that one that fails is a line of the report.
    public init(
        settings: AppSettings, database: Database, engine: @escaping @Sendable () throws -> DockerEngine,
        storage: @escaping @Sendable () throws -> any Storage, migrations: @escaping @Sendable () throws -> URL
    ) {
        self.settings = settings
        queue = JobQueue(database)
        self.engine = engine
        self.storage = storage
        self.migrations = migrations
    }

    /// Makes all checks, one after the other. Those that need what an earlier one found missing are left out.
    public func examine() async -> [HealthCheck] {
        await databaseChecks() + checks([stored], then: [storedFiles, storageSpace, storageSpeed]) + checks([scratch])
            + checks([docker], then: [liveRestore, image, gpu])
    }

    private func databaseChecks() async -> [HealthCheck] {
        let reached = await server.check()
        guard reached.state != .failed else { return [reached] }
        // Row level security hides the tables' rows, the schema's journal too, from a role that lacks rights.
        let mayRead = await rights.check()
        return await [reached] + checks([postGIS, clock, listening]) + [mayRead]
            + (mayRead.state == .failed
                ? [] : checks([schema], then: [triggers, leases, orphans, workers, odmWorkers, watchdogs, pause]))
    }

    /// Makes the checks of `first`, and those of `rest` unless one of `first` failed.
    private func checks(_ first: [Probe], then rest: [Probe] = []) async -> [HealthCheck] {
        var checks: [HealthCheck] = []
        for probe in first { checks.append(await probe.check()) }
        guard checks.allSatisfy({ $0.state != .failed }) else { return checks }
        for probe in rest { checks.append(await probe.check()) }
        return checks
    }
}
