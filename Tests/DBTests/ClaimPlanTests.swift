import DB
import Foundation
import TestSupport
import Testing

/// A claim must not cost more the longer the queue is.
@Suite(.enabled(if: TestDatabase.isAvailable, "DATABASE_URL is not set: run the tests through make test"))
struct ClaimPlanTests {
    /// What one claim read of v2_queue, by the server's own counters.
    private struct Cost: Sendable {
        let claimed: Int
        let sequentialScans: Int
        let rowsFetched: Int
        let gpuIndexScans: Int
        let cpuIndexScans: Int
    }

    private func addRows(_ test: TestDatabase, _ count: Int, _ types: String) async throws {
        _ = try await test.addDataset()
        try await test.sql(
            """
            WITH d AS (INSERT INTO v2_datasets (user_id, file_name, license, platform)
                       SELECT '\(TestDatabase.user)', 'f', 'CC BY', 'drone' FROM generate_series(1, \(count)) RETURNING id),
                 s AS (INSERT INTO v2_statuses (dataset_id, is_upload_done) SELECT id, true FROM d)
            INSERT INTO v2_queue (dataset_id, user_id, task_types, is_ready)
            SELECT id, '\(TestDatabase.user)', '\(types)', true FROM d
            """)
        try await test.sql("ANALYZE v2_queue")
    }

    private func cost(_ test: TestDatabase, _ worker: WorkerIdentity) async throws -> Cost {
        try await test.database.transaction { transaction in
            let claimed = try transaction.run(
                Statement(
                    "claim",
                    """
                    SELECT * FROM v2_claim($1, $2, $1, '{odm_processing,geotiff}', '{odm_processing,ortho_processing}',
                      '{is_odm_done,is_ortho_done}', 1, '90 s', NULL)
                    """),
                [.text(worker.name), .text(worker.instance.uuidString)])
            let row = try transaction.run(
                Statement(
                    "counters",
                    """
                    SELECT pg_stat_get_xact_numscans('v2_queue'::regclass) AS seq,
                      pg_stat_get_xact_tuples_fetched('v2_queue'::regclass) AS fetched,
                      pg_stat_get_xact_numscans('v2_queue_claim_gpu'::regclass) AS gpu_scans,
                      pg_stat_get_xact_numscans('v2_queue_claim_cpu'::regclass) AS cpu_scans
                    """))[0]
            return try Cost(
                claimed: claimed.count, sequentialScans: row.get("seq"), rowsFetched: row.get("fetched"),
                gpuIndexScans: row.get("gpu_scans"), cpuIndexScans: row.get("cpu_scans"))
        }
    }

    @Test func amongTwentyThousandWaitingRowsAClaimReadsAHandful() async throws {
        try await TestDatabase.with { test in
            try await addRows(test, 20_000, "{geotiff}")
            let worker = try await test.addWorker("w", types: TestDatabase.everyType)
            let cost = try await cost(test, worker)
            #expect(cost.claimed == 1)
            #expect(cost.sequentialScans == 0)
            #expect(cost.cpuIndexScans > 0)
            #expect(cost.rowsFetched < 50, "\(cost)")
        }
    }

    @Test func oneSweepAMinuteIsEnough() async throws {
        try await TestDatabase.with { test in
            try await test.sql("UPDATE v2_deployment SET swept_at = now() - interval '1 hour'")
            #expect(try await test.queue.sweep())
            #expect(try await !test.queue.sweep())
        }
    }

    @Test func behindATakenSlotTwentyThousandODMRowsAreNotLookedAt() async throws {
        try await TestDatabase.with { test in
            try await addRows(test, 20_000, "{odm_processing}")
            let worker = try await test.addWorker("w", types: TestDatabase.everyType)
            #expect(try await cost(test, worker).claimed == 1)
            let blocked = try await cost(test, worker)
            #expect(blocked.claimed == 0)
            #expect(blocked.sequentialScans == 0)
            #expect(blocked.cpuIndexScans > 0)
            #expect(blocked.rowsFetched < 50, "\(blocked)")
        }
    }
}
