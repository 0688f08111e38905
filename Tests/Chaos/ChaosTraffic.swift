import DB
import TestSupport

/// What people and programs do to the queue, as plain SQL.
struct ChaosTraffic: Sendable {
    let database: Database
    private static let user = "00000000-0000-0000-0000-000000000001"
    private static let types = ["odm_processing", "geotiff", "metadata", "cog", "thumbnail"]

    func prepare() async throws {
        try await sql("INSERT INTO auth.users (id, email) VALUES ($1, 'a@example.org')", [.text(Self.user)])
        // gpu0 is there; one more for everybody and one that is bound to a host.
        try await sql("INSERT INTO v2_gpu_slots (name, host) VALUES ('gpu1', NULL), ('gpu2', 'h1')")
    }

    /// - Throws: what the database says; during a run that is often that it is away.
    func perform(_ event: ChaosPlan.Traffic, _ dice: inout SeededDice) async throws {
        switch event {
        case .addRows(let count): for _ in 0..<count { try await addRow(uploadDone: true, &dice) }
        case .addUnready: try await addRow(uploadDone: false, &dice)
        case .addSecondRow(let share): try await addSecondRow(share, &dice)
        case .finishUpload(let share): try await finishUpload(share)
        case .requeue(let share): try await requeue(share, &dice)
        case .cancel(let share): try await sql("SELECT v2_cancel(id) FROM (\(Self.someRow)) AS r", [.double(share)])
        case .delete(let share): try await sql("DELETE FROM v2_queue WHERE id = (\(Self.someRow))", [.double(share)])
        case .putBack(let share):
            try await sql(
                "UPDATE v2_queue SET is_processing = false WHERE id = (\(Self.someRow))", [.double(share)])
        case .deleteDataset(let share):
            try await sql("DELETE FROM v2_datasets WHERE id = (\(Self.someDataset))", [.double(share)])
        case .pause: try await sql("SELECT v2_pause('chaos')")
        case .resume: try await sql("SELECT v2_resume()")
        case .drain(let share):
            try await sql(
                """
                SELECT v2_drain(name) FROM v2_workers WHERE state = 'running'
                ORDER BY name OFFSET floor($1::float8 * (SELECT count(*) FROM v2_workers WHERE state = 'running')) LIMIT 1
                """, [.double(share)])
        case .undrain: try await sql("SELECT v2_drain(name, false) FROM v2_workers WHERE state = 'draining'")
        case .endBackoffs:
            try await sql("UPDATE v2_queue SET not_before = now() WHERE NOT is_processing AND not_before IS NOT NULL")
        }
    }

    /// Everything that keeps a row from running is taken away.
    func clearTheWay() async throws {
        var dice = SeededDice(0)
        for event in [ChaosPlan.Traffic.resume, .undrain, .endBackoffs] { try await perform(event, &dice) }
        try await sql("UPDATE v2_statuses SET is_upload_done = true WHERE NOT is_upload_done")
    }

    func rowsLeft() async throws -> Int {
        try await sql("SELECT count(*) AS rows FROM v2_queue")[0].get("rows")
    }

    /// Ends connections of workers, as an administrator or a failing network does.
    func endBackends(_ count: Int) async throws {
        try await sql(
            """
            SELECT pg_terminate_backend(pid) FROM (
              SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND application_name LIKE 'w-%'
              ORDER BY random() LIMIT $1) AS some
            """, [.int(count)])
    }

    func evict(_ worker: String) async throws { try await sql("SELECT v2_evict($1)", [.text(worker)]) }

    private func addRow(uploadDone: Bool, _ dice: inout SeededDice) async throws {
        let types = SQLValue.array(Self.types(&dice))
        let priority = SQLValue.int(Int.random(in: 1...5, using: &dice))
        try await database.transaction { transaction in
            let dataset = try transaction.run(Self.insertDataset, [.text(Self.user)])[0].get("id", as: Int64.self)
            try transaction.run(Self.insertStatus, [.int(dataset), .bool(uploadDone)])
            try transaction.run(Self.insertRow, [.int(dataset), .text(Self.user), types, priority])
        }
    }

    private func addSecondRow(_ share: Double, _ dice: inout SeededDice) async throws {
        try await sql(
            """
            INSERT INTO v2_queue (dataset_id, user_id, task_types)
            SELECT dataset_id, user_id, $2::text[] FROM v2_queue WHERE id = (\(Self.someRow))
            """, [.double(share), .array(Self.types(&dice))])
    }

    private func requeue(_ share: Double, _ dice: inout SeededDice) async throws {
        let types = dice.rolls(0.5) ? SQLValue.null : .array(Self.types(&dice))
        try await sql(
            "SELECT v2_requeue(id, $2::text[]) FROM (\(Self.someDataset)) AS d", [.double(share), types])
    }

    private func finishUpload(_ share: Double) async throws {
        try await sql(
            """
            UPDATE v2_statuses SET is_upload_done = true WHERE dataset_id = (
              SELECT dataset_id FROM v2_statuses WHERE NOT is_upload_done ORDER BY dataset_id
              OFFSET floor($1::float8 * (SELECT count(*) FROM v2_statuses WHERE NOT is_upload_done)) LIMIT 1)
            """, [.double(share)])
    }

    private static func types(_ dice: inout SeededDice) -> [String] {
        // Little of what has to wait for a slot.
        var chosen = types.dropFirst().filter { _ in dice.rolls(0.5) }
        if dice.rolls(0.2) || chosen.isEmpty { chosen.append(types[dice.rolls(0.3) ? 0 : 2]) }
        return Array(Set(chosen)).sorted()
    }

    @discardableResult
    private func sql(_ text: String, _ parameters: [SQLValue] = []) async throws -> [Row] {
        try await database.run(Statement("chaos \(text.hashValue)", text), parameters)
    }

    /// One of the first dozen; those that run stand before those that wait.
    private static let someRow = """
        SELECT id FROM v2_queue ORDER BY is_processing DESC, id
        OFFSET floor($1::float8 * (SELECT least(12, count(*)) FROM v2_queue)) LIMIT 1
        """
    private static let someDataset = """
        SELECT id FROM v2_datasets ORDER BY id OFFSET floor($1::float8 * (SELECT count(*) FROM v2_datasets)) LIMIT 1
        """
    private static let insertDataset = Statement(
        "chaos dataset",
        """
        INSERT INTO v2_datasets (user_id, file_name, license, platform) VALUES ($1, 'x.zip', 'CC BY', 'drone')
        RETURNING id
        """)
    private static let insertStatus = Statement(
        "chaos status", "INSERT INTO v2_statuses (dataset_id, is_upload_done) VALUES ($1, $2)")
    private static let insertRow = Statement(
        "chaos row", "INSERT INTO v2_queue (dataset_id, user_id, task_types, priority) VALUES ($1, $2, $3, $4)")
}
