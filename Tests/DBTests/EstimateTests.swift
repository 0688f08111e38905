import DB
import TestSupport
import Testing

@Suite(.enabled(if: TestDatabase.isAvailable, "DATABASE_URL is not set: run the tests through make test"))
struct EstimateTests {
    /// Runs that succeeded, of `seconds` each.
    private func addRuns(_ test: TestDatabase, _ type: String, _ seconds: [Int]) async throws {
        for seconds in seconds {
            try await test.sql(
                """
                INSERT INTO v2_task_runs (queue_id, dataset_id, task_type, attempt, worker, started_at, finished_at, outcome)
                VALUES (0, 0, $1, 1, 'w', now() - make_interval(secs => $2), now(), 'succeeded')
                """, [.text(type), .int(seconds)])
        }
    }

    private func estimate(_ test: TestDatabase, _ row: Int64) async throws -> String? {
        try await test.text(
            """
            SELECT concat_ws(' after ', round(estimated_seconds::numeric), round(estimated_start_seconds::numeric))
            FROM v2_queue_positions WHERE id = \(row)
            """)
    }

    @Test func theViewKeepsThePlatformsColumnsFirst() async throws {
        try await TestDatabase.with { test in
            let columns = try await test.sql(
                """
                SELECT attname AS name FROM pg_attribute
                WHERE attrelid = 'v2_queue_positions'::regclass AND attnum > 0 ORDER BY attnum
                """
            ).map { try $0.get("name", as: String.self) }
            let ours = ["estimated_seconds", "estimated_start_seconds"]
            let platform = [
                "estimated_time", "current_position", "id", "dataset_id", "user_id", "build_args", "created_at",
                "is_processing", "priority", "task_types", "avg", "claimed_by", "claimed_at",
            ]
            #expect(columns == platform + ours)
            let options = "SELECT reloptions FROM pg_class WHERE oid = 'v2_queue_positions'::regclass"
            #expect(try await test.text(options) == "{security_invoker=true}")
        }
    }

    @Test func estimatesAreMediansOfWhatSucceededSharedByAllPlaces() async throws {
        try await TestDatabase.with { test in
            try await addRuns(test, "geotiff", [10, 20, 1000])
            try await addRuns(test, "odm_processing", [3600])
            let first = try await test.enqueue(test.addDataset(), ["geotiff"])
            _ = try await test.enqueue(test.addDataset(uploadDone: false), ["geotiff"])
            let second = try await test.enqueue(test.addDataset(), ["geotiff"])
            let gpu = try await test.enqueue(test.addDataset(), ["odm_processing", "geotiff"])
            let nextGPU = try await test.enqueue(test.addDataset(), ["odm_processing"])
            let unknown = try await test.enqueue(test.addDataset(), ["cog"])
            #expect(try await estimate(test, first) == "20", "nobody runs: nothing is known of the start")
            _ = try await test.addWorker("w", types: TestDatabase.everyType)
            try await test.sql("UPDATE v2_workers SET places = 2")
            #expect(try await estimate(test, first) == "20 after 0")
            #expect(try await estimate(test, second) == "20 after 10")
            #expect(try await estimate(test, gpu) == "3620 after 0")
            #expect(try await estimate(test, nextGPU) == "3600 after 3600")
            #expect(try await estimate(test, unknown) == "20")
        }
    }
}
