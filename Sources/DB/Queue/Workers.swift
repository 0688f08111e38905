public import Foundation

/// Who claims. The name outlives restarts, the instance is new at each, so that a process can tell that it has
/// been replaced by another of the same name.
public struct WorkerIdentity: Sendable, Equatable {
    public let name: String
    public let host: String
    public let version: String
    public let instance: UUID

    public init(name: String, host: String, version: String, instance: UUID = UUID()) {
        self.name = name
        self.host = host
        self.version = version
        self.instance = instance
    }
}

extension JobQueue {
    /// Writes the worker into `v2_workers`, in place of an earlier life of the same name.
    /// - Parameters:
    ///   - goneAfter: how long it may be silent before it counts as gone; its `LEASE`.
    ///   - places: how many rows it runs at a time; nil leaves it open.
    public func register(
        _ worker: WorkerIdentity, taskTypes: [TaskType], goneAfter: Duration = .seconds(180), places: Int? = nil
    ) async throws {
        try await database.run(
            Self.registerWorker,
            [
                .text(worker.name), .text(worker.host), .text(worker.version), .text(worker.instance.uuidString),
                .array(taskTypes.map(\.rawValue)), .interval(goneAfter), .optional(places),
            ])
    }

    /// Says that the worker lives. False when another process has registered under its name since.
    /// - Parameter watchdogAge: how long ago its watchdog last looked; nil when it has not.
    public func beat(
        _ worker: WorkerIdentity, running: [Int64], note: String?, watchdogAge: Duration? = nil
    ) async throws -> Bool {
        try await !database.run(
            Self.beatWorker,
            [
                .text(worker.name), .text(worker.instance.uuidString), .array(running), .optional(note),
                watchdogAge.map { .interval($0) } ?? .null,
            ]
        ).isEmpty
    }

    /// Says why the worker claims nothing just now, or, with nil, that it claims.
    public func refuse(_ worker: WorkerIdentity, because reason: String?) async throws {
        try await database.run(
            Self.writeRefusal, [.text(worker.name), .text(worker.instance.uuidString), .optional(reason)])
    }

    /// Says why the worker's host cannot run ODM just now, or, with nil, that it can. The worker claims no ODM rows
    /// meanwhile.
    public func refuseODM(_ worker: WorkerIdentity, because reason: String?) async throws {
        try await database.run(
            Self.writeODMRefusal, [.text(worker.name), .text(worker.instance.uuidString), .optional(reason)])
    }

    /// Says that the worker has stopped in good order.
    public func leave(_ worker: WorkerIdentity) async throws {
        try await database.run(Self.leaveWorker, [.text(worker.name), .text(worker.instance.uuidString)])
    }

    private static let registerWorker = Statement(
        "register worker",
        """
        INSERT INTO v2_workers (name, host, version, instance, task_types, gone_after, places)
        VALUES ($1, $2, $3, $4, $5, $6, $7)
        ON CONFLICT (name) DO UPDATE SET
          host = EXCLUDED.host, version = EXCLUDED.version, instance = EXCLUDED.instance,
          task_types = EXCLUDED.task_types, started_at = now(), heartbeat_at = now(), running = '{}', note = NULL, refuses = NULL,
          refuses_odm = NULL, watchdog_at = NULL,
          gone_after = EXCLUDED.gone_after, places = EXCLUDED.places,
          -- A drained worker stays drained when it is restarted.
          state = CASE WHEN v2_workers.is_drained THEN 'draining' ELSE 'running' END
        """)

    private static let beatWorker = Statement(
        "worker heartbeat",
        """
        UPDATE v2_workers SET heartbeat_at = now(), running = $3, note = $4,
          watchdog_at = coalesce(now() - $5::interval, watchdog_at)
        WHERE name = $1 AND instance = $2 RETURNING name
        """)

    private static let writeRefusal = Statement(
        "worker refuses", "UPDATE v2_workers SET refuses = $3 WHERE name = $1 AND instance = $2")

    private static let writeODMRefusal = Statement(
        "worker refuses ODM", "UPDATE v2_workers SET refuses_odm = $3 WHERE name = $1 AND instance = $2")

    private static let leaveWorker = Statement(
        "worker leaves",
        """
        UPDATE v2_workers SET state = 'stopped', running = '{}', heartbeat_at = now()
        WHERE name = $1 AND instance = $2
        """)
}
