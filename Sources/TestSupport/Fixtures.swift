public import DB
public import Foundation

extension TestDatabase {
    public static let user = UUID(uuidString: "00000000-0000-0000-0000-000000000001") ?? UUID()

    /// A dataset, its upload done unless told otherwise. Returns its id.
    public func addDataset(uploadDone: Bool = true, fileName: String = "flight.zip") async throws -> Int64 {
        try await database.run(Self.insertUser, [.text(Self.user.uuidString)])
        let rows = try await database.run(
            Self.insertDataset, [.text(Self.user.uuidString), .text(fileName), .bool(uploadDone)])
        return try rows[0].get("dataset_id")
    }

    /// A row of the queue, as a platform client inserts it. Returns its id.
    public func enqueue(_ datasetID: Int64, _ types: [String], priority: Int = 2) async throws -> Int64 {
        let rows = try await database.run(
            Self.insertRow, [.int(datasetID), .text(Self.user.uuidString), .array(types), .int(priority)])
        return try rows[0].get("id")
    }

    /// Any SQL, for what a test has to arrange or look at.
    @discardableResult
    public func sql(_ text: String, _ parameters: [SQLValue] = []) async throws -> [Row] {
        // PostgreSQL tells statements apart by the first 63 bytes of their names.
        try await database.run(Statement("test \(text.hashValue)", text), parameters)
    }

    /// A registered worker.
    public func addWorker(_ name: String, types: [TaskType]) async throws -> WorkerIdentity {
        let worker = WorkerIdentity(name: name, host: name, version: "test")
        try await queue.register(worker, taskTypes: types)
        return worker
    }

    private static let insertUser = Statement(
        "add user", "INSERT INTO auth.users (id, email) VALUES ($1, 'a@example.org') ON CONFLICT DO NOTHING")
    private static let insertDataset = Statement(
        "add dataset",
        """
        WITH d AS (INSERT INTO v2_datasets (user_id, file_name, license, platform)
                   VALUES ($1, $2, 'CC BY', 'drone') RETURNING id)
        INSERT INTO v2_statuses (dataset_id, is_upload_done) SELECT id, $3 FROM d RETURNING dataset_id
        """)
    private static let insertRow = Statement(
        "enqueue",
        "INSERT INTO v2_queue (dataset_id, user_id, task_types, priority) VALUES ($1, $2, $3, $4) RETURNING id")
}
