import DB
import TestSupport
import Testing

/// A worker that is nothing but the database's functions: for tests of what others do to its rows.
extension TestDatabase {
    private static let stages = """
        '{odm_processing,geotiff,cog,thumbnail}',
        '{odm_processing,ortho_processing,cog_processing,thumbnail_processing}',
        '{is_odm_done,is_ortho_done,is_cog_done,is_thumbnail_done}'
        """

    /// A worker of these task types on host `name`, unless `host` says otherwise.
    func addSQLWorker(_ name: String, _ types: [String] = everyType.map(\.rawValue), host: String? = nil) async throws {
        try await sql(
            """
            INSERT INTO v2_workers (name, host, version, instance, task_types)
            VALUES ($1, $2, 'test', gen_random_uuid(), $3)
            """, [.text(name), .text(host ?? name), .array(types)])
    }

    static func claimStatement(_ worker: String, limit: Int = 1) -> String {
        """
        SELECT queue_id FROM v2_workers w, v2_claim(
          w.name, w.instance, w.host, \(stages), \(limit), '90 seconds', NULL) WHERE w.name = '\(worker)'
        """
    }

    /// Claims up to `limit` rows for a registered worker. Returns their queue ids.
    func claimBySQL(_ worker: String, limit: Int = 1) async throws -> [Int64] {
        try await sql(Self.claimStatement(worker, limit: limit)).map { try $0.get("queue_id") }
    }

    /// Completes the stages of a row that `worker` holds, in this order, and lets it go as succeeded.
    func succeedBySQL(_ row: Int64, of worker: String, _ types: [String]) async throws {
        let flags = ["odm_processing": "is_odm_done", "geotiff": "is_ortho_done", "cog": "is_cog_done"]
        for (place, type) in types.enumerated() {
            let next = types.dropFirst(place + 1).first
            let flag = { (type: String) in "'\(flags[type] ?? "is_thumbnail_done")'" }
            let written = try await sql(
                """
                SELECT v2_complete('\(worker)', jsonb_build_array(jsonb_build_object(
                  'queue_id', queue_id, 'attempt', attempt, 'task_type', '\(type)', 'flag', \(flag(type)),
                  'next_type', \(next.map { "'\($0)'" } ?? "NULL"), 'next_status', \(next == nil ? "NULL" : "'idle'"),
                  'next_flag', \(next.map(flag) ?? "NULL")))) AS id
                FROM v2_queue_lease WHERE queue_id = \(row)
                """)
            #expect(try written.map { try $0.get("id") } == [row], "\(type)")
        }
    }

    /// What became of a row that has left the queue: its outcome and its sentence.
    func outcome(of row: Int64) async throws -> String? {
        try await sql(
            "SELECT concat_ws(': ', outcome, error) AS ended FROM v2_requests WHERE queue_id = $1", [.int(row)]
        ).first?.get("ended")
    }

    /// Rows of the queue and outcomes together: what ever was committed, each once.
    func everyRowOnce() async throws -> Int {
        try await sql(
            """
            SELECT count(*) AS n, count(DISTINCT id) AS distinct_n
            FROM (SELECT id FROM v2_queue UNION ALL SELECT queue_id FROM v2_requests) AS every
            """
        ).map { row in
            let rows: Int = try row.get("n")
            #expect(try row.get("distinct_n") == rows)
            return rows
        }[0]
    }
}

/// Runs `first` and holds its transaction open until `second` waits for it, or has come through.
/// Returns what `second` was refused with, if it was.
@discardableResult
func race(_ test: TestDatabase, _ first: String, _ second: String) async throws -> String? {
    let gate = Gate()
    async let one: Void = test.database.transaction { transaction in
        try transaction.script(first, as: "first")
        gate.open()
        gate.waitUntilClosed()
    }
    async let two = { () -> String? in
        await gate.opened()
        defer { gate.note() }
        do {
            try await test.database.transaction { try $0.script(second, as: "second") }
            return nil
        } catch let error as DatabaseError {
            return error.message
        }
    }()
    try await waitUntil("the second transaction waits for the first, or is done") {
        let blocked = try await test.count(
            "pg_stat_activity", "wait_event_type = 'Lock' AND datname = current_database()")
        return blocked > 0 || gate.isNoted
    }
    gate.close()
    try await one
    return try await two
}
