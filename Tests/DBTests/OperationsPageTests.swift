import DB
import Failures
import Foundation
import TestSupport
import Testing

/// The recipes of `docs/operations.md`, run as an operator copies them.
@Suite(.enabled(if: TestDatabase.isAvailable, "DATABASE_URL is not set: run the tests through make test"))
struct OperationsPageTests {
    /// What the page says that a block does, by the block's beginning: true inside its transaction.
    private static let effects = [
        "INSERT INTO v2_queue (":
            "SELECT count(*) = 2 AND bool_or(cardinality(task_types) = 5) FROM v2_queue WHERE dataset_id = 42 AND is_ready",
        "SELECT v2_requeue(42);":
            "SELECT count(*) = 1 AND bool_and(priority = 5 AND task_types = '{geotiff,cog}') FROM v2_queue WHERE dataset_id = 42",
        "UPDATE v2_queue SET priority": "SELECT priority = 5 FROM v2_queue WHERE dataset_id = 42",
        "SELECT v2_cancel(7)":
            "SELECT outcome = 'canceled' AND NOT EXISTS (SELECT FROM v2_queue WHERE id = 7) FROM v2_requests WHERE queue_id = 7",
        "SELECT v2_pause(": "SELECT v2_why_waiting(7) LIKE 'the queue is paused by % since %: storage is being moved'",
        "SELECT v2_resume()": "SELECT count(*) = 0 FROM v2_queue_pause",
        "SELECT v2_drain('gpu-1');": "SELECT state = 'draining' FROM v2_workers WHERE name = 'gpu-1'",
        "SELECT v2_drain('gpu-1', false)": "SELECT state = 'running' FROM v2_workers WHERE name = 'gpu-1'",
        "SELECT v2_evict(":
            "SELECT state = 'stopped' AND NOT EXISTS (SELECT FROM v2_queue_lease) FROM v2_workers WHERE name = 'gpu-1'",
        "UPDATE v2_queue SET is_processing":
            "SELECT NOT is_processing AND NOT EXISTS (SELECT FROM v2_queue_lease) FROM v2_queue WHERE id = 8",
        "DELETE FROM v2_task_runs": "SELECT array_agg(queue_id ORDER BY queue_id) = '{5,8}' FROM v2_task_runs",
        "INSERT INTO v2_gpu_slots": "SELECT host = 'host-b' FROM v2_gpu_slots WHERE name = 'gpu1'",
        "DELETE FROM v2_gpu_slots": "SELECT count(*) = 1 FROM v2_gpu_slots",
        "UPDATE v2_deployment": "SELECT id::text <> '\(deployment)' FROM v2_deployment",
        "CREATE ROLE":
            "SELECT pg_has_role('deadtrees_gpu1', 'deadtrees_worker', 'USAGE') AND rolcanlogin AND cardinality(rolconfig) = 3 FROM pg_roles WHERE rolname = 'deadtrees_gpu1'",
    ]

    /// What a block undoes has to be there first.
    private static let before = [
        "SELECT v2_resume()": "SELECT v2_pause('x')",
        "SELECT v2_drain('gpu-1', false)": "SELECT v2_drain('gpu-1')",
        "DELETE FROM v2_gpu_slots": "INSERT INTO v2_gpu_slots VALUES ('gpu1')",
    ]

    private static let deployment = "00000000-0000-0000-0000-000000000042"

    /// A dataset 42 that has failed and waits again, row 7 that waits, row 8 that runs on gpu-1, and old history.
    private static let arrangement = """
        INSERT INTO auth.users VALUES ('\(TestDatabase.user)', 'a@example.org');
        INSERT INTO v2_datasets (id, user_id, file_name, license, platform)
        SELECT id, '\(TestDatabase.user)', 'f.zip', 'CC BY', 'drone' FROM unnest('{40,41,42,43}'::bigint[]) id;
        INSERT INTO v2_statuses (dataset_id, is_upload_done, has_error) SELECT id, true, id = 43 FROM v2_datasets;
        INSERT INTO v2_workers (name, host, version, instance, task_types)
        VALUES ('gpu-1', 'host-a', '1', '\(deployment)', '{odm_processing,geotiff,cog}');
        UPDATE v2_deployment SET id = '\(deployment)';
        INSERT INTO v2_requests (queue_id, dataset_id, user_id, task_types, created_at, finished_at, outcome)
        VALUES (4, 42, '\(TestDatabase.user)', '{geotiff}', now() - interval '2 years', now() - interval '2 years', 'succeeded'),
               (5, 43, '\(TestDatabase.user)', '{geotiff,cog}', now() - interval '1 day', now(), 'failed');
        INSERT INTO v2_task_runs (queue_id, dataset_id, task_type, attempt, worker, started_at, finished_at, outcome)
        VALUES (4, 42, 'geotiff', 1, 'gpu-1', now() - interval '2 years', now() - interval '2 years', 'succeeded'),
               (5, 43, 'geotiff', 1, 'gpu-1', now() - interval '1 hour', now(), 'failed');
        INSERT INTO v2_queue (id, dataset_id, user_id, task_types)
        VALUES (8, 41, '\(TestDatabase.user)', '{odm_processing,geotiff}');
        SELECT v2_claim('gpu-1', '\(deployment)', 'host-a', '{odm_processing,geotiff}', '{odm_processing,ortho_processing}',
          '{is_odm_done,is_ortho_done}', 1, '90 s', NULL);
        INSERT INTO v2_queue (id, dataset_id, user_id, task_types)
        VALUES (7, 40, '\(TestDatabase.user)', '{geotiff}'), (9, 42, '\(TestDatabase.user)', '{geotiff}');
        """

    /// The page's blocks of SQL, in their order.
    private static func blocks() throws -> [String] {
        let page = TestDatabase.migrations.appending(path: "../../docs/operations.md")
        return try String(contentsOf: page, encoding: .utf8).matches(of: /```sql\n(?<sql>(?:.|\n)*?)\n```/)
            .map { String($0.output.sql) }
    }

    /// Thrown to roll back what a recipe did.
    private struct Done: Error {}

    @Test func eachBlockRunsAndDoesWhatThePageSays() async throws {
        let blocks = try Self.blocks()
        #expect(blocks.count > 20)
        try await TestDatabase.with { test in
            try await test.database.transaction { try $0.script(Self.arrangement, as: "arrange") }
            var seen: Set<String> = []
            for block in blocks {
                let effect = Self.effects.first { block.hasPrefix($0.key) }
                if let effect { seen.insert(effect.key) }
                await #expect(throws: Done.self, "\(block)") {
                    try await test.database.transaction { transaction in
                        if let before = effect.flatMap({ Self.before[$0.key] }) {
                            try transaction.script(before, as: "before")
                        }
                        try transaction.script(block, as: "recipe")
                        if let effect {
                            let holds = try transaction.run(
                                Statement("effect \(effect.key)", "SELECT (\(effect.value)) AS holds"))
                            #expect(try holds[0].getIfPresent("holds", as: Bool.self) == true, "\(block)")
                        }
                        throw Done()
                    }
                }
            }
            #expect(seen == Set(Self.effects.keys), "the page no longer has a block for each effect")
        }
    }
}
