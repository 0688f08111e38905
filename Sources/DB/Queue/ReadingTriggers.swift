/// A trigger of one of the migrations.
public struct QueueTrigger: Hashable, Sendable, CustomStringConvertible {
    public let table: String
    public let name: String
    public var description: String { "\(name) on \(table)" }

    public init(_ name: String, on table: String) {
        self.name = name
        self.table = table
    }

    /// All that the migrations from 0010 on create. Without them rows are queued that nobody hears of.
    public static let all: Set<QueueTrigger> = [
        QueueTrigger("v2_queue_prepare_insert", on: "v2_queue"),
        QueueTrigger("v2_queue_prepare_update", on: "v2_queue"),
        QueueTrigger("v2_status_upload_done_insert", on: "v2_statuses"),
        QueueTrigger("v2_status_upload_done_update", on: "v2_statuses"),
        QueueTrigger("v2_queue_notify_insert", on: "v2_queue"),
        QueueTrigger("v2_queue_notify_update", on: "v2_queue"),
        QueueTrigger("v2_queue_taken_back", on: "v2_queue"),
        QueueTrigger("v2_queue_removed", on: "v2_queue"),
        QueueTrigger("v2_queue_truncated", on: "v2_queue"),
        QueueTrigger("v2_queue_guard_insert", on: "v2_queue"),
        QueueTrigger("v2_leases_deleted", on: "v2_queue_lease"),
        QueueTrigger("v2_lease_slot_freed", on: "v2_queue_lease"),
        QueueTrigger("v2_lease_slot_taken", on: "v2_queue_lease"),
        QueueTrigger("v2_lease_canceled", on: "v2_queue_lease"),
        QueueTrigger("v2_worker_state", on: "v2_workers"),
        QueueTrigger("v2_queue_resumed", on: "v2_queue_pause"),
        QueueTrigger("v2_worker_undrained", on: "v2_workers"),
        QueueTrigger("v2_gpu_slot_added", on: "v2_gpu_slots"),
        QueueTrigger("v2_queue_paused", on: "v2_queue_pause"),
        QueueTrigger("v2_worker_healed", on: "v2_workers"),
        QueueTrigger("v2_odm_run_ended", on: "v2_odm_runs"),
    ]
}

extension JobQueue {
    /// The triggers in this database and whether each is enabled, ours and those of others.
    public func triggers() async throws -> [QueueTrigger: Bool] {
        let rows = try await database.run(Self.readTriggers)
        return try Dictionary(
            rows.map { try (QueueTrigger($0.get("name"), on: $0.get("table")), $0.get("is_enabled")) }
        ) { first, _ in first }
    }

    // R fires for replicated changes only, D never.
    private static let readTriggers = Statement(
        "read triggers",
        """
        SELECT t.tgname AS name, c.relname AS table, t.tgenabled IN ('O', 'A') AS is_enabled
        FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
        WHERE NOT t.tgisinternal AND pg_table_is_visible(c.oid)
        """)
}
