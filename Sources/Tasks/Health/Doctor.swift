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
        var checks = await run(
            [server], then: [[postGIS, clock, listening], [schema], [triggers, leases, orphans, workers, pause]])
        checks += await run([stored, scratch], then: [])
        checks += await run([docker], then: [[liveRestore, image, gpu]])
        return checks
    }

    /// Runs `first`, and each further group as long as nothing in the group before it failed.
    private func run(_ first: [Probe], then rest: [[Probe]]) async -> [HealthCheck] {
        var checks: [HealthCheck] = []
        for probe in first { checks.append(await probe.check()) }
        guard let next = rest.first, checks.allSatisfy({ $0.state != .failed }) else { return checks }
        return checks + (await run(next, then: Array(rest.dropFirst())))
    }
}
