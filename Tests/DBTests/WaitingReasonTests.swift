import DB
import TestSupport
import Testing

@Suite(.enabled(if: TestDatabase.isAvailable, "DATABASE_URL is not set: run the tests through make test"))
struct WaitingReasonTests {
    private func why(_ test: TestDatabase, _ row: Int64) async throws -> String? {
        try await test.text("SELECT v2_why_waiting(\(row))")
    }

    /// The reason, with the moments in it taken out.
    private func sentence(_ test: TestDatabase, _ row: Int64) async throws -> String? {
        try await why(test, row)?.replacing(/[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2} UTC/, with: "…")
    }

    @Test func aRowThatRunsOrIsGoneWaitsForNothing() async throws {
        try await TestDatabase.with { test in
            let row = try await test.enqueue(test.addDataset(), ["geotiff"])
            let worker = try await test.addWorker("w", types: TestDatabase.everyType)
            #expect(try await test.claim(worker).map(\.queueID) == [row])
            #expect(try await why(test, row) == nil)
            #expect(try await why(test, 999) == nil)
        }
    }

    @Test func theUploadComesFirst() async throws {
        try await TestDatabase.with { test in
            let dataset = try await test.addDataset(uploadDone: false)
            let row = try await test.enqueue(dataset, ["geotiff"])
            try await test.sql("SELECT v2_pause('new disk')")
            #expect(try await why(test, row) == "the upload of dataset \(dataset) is not done")
            try await test.sql("DELETE FROM v2_statuses")
            let missing = "dataset \(dataset) has no row in v2_statuses, so its upload does not count as done"
            #expect(try await why(test, row) == missing)
        }
    }

    @Test func aPauseNamesWhoAndSinceWhenAndWhy() async throws {
        try await TestDatabase.with { test in
            let row = try await test.enqueue(test.addDataset(), ["geotiff"])
            try await test.sql("SELECT v2_pause('new disk')")
            let user = try #require(try await test.text("SELECT current_user"))
            #expect(try await sentence(test, row) == "the queue is paused by \(user) since …: new disk")
        }
    }

    @Test func backoffNamesItsTimeAndTheErrorBeforeIt() async throws {
        try await TestDatabase.with { test in
            let row = try await test.enqueue(test.addDataset(), ["geotiff"])
            try await test.sql("UPDATE v2_queue SET not_before = '2999-01-02 03:04:05Z'")
            #expect(try await why(test, row) == "it is not to start before 2999-01-02 03:04 UTC")
            try await test.sql(
                """
                INSERT INTO v2_task_runs (queue_id, dataset_id, task_type, attempt, worker, finished_at, outcome, error)
                SELECT id, dataset_id, 'geotiff', 2, 'w', now(), 'failed', 'the storage did not answer' FROM v2_queue
                """)
            let expected =
                "attempt 2 ended with \"the storage did not answer\", and it is tried again at 2999-01-02 03:04 UTC"
            #expect(try await why(test, row) == expected)
            // A stop of the worker says nothing of the row; what was away does.
            try await test.sql(
                """
                INSERT INTO v2_task_runs (queue_id, dataset_id, task_type, attempt, worker, finished_at, outcome, error)
                SELECT id, dataset_id, 'geotiff', a, 'w', now(), 'released', e FROM v2_queue,
                  (VALUES (3, 'storage is away'), (4, NULL)) AS v (a, e)
                """)
            #expect(
                try await why(test, row)
                    == "attempt 3 was put back and does not count: \"storage is away\"; it is tried again at 2999-01-02 03:04 UTC"
            )
        }
    }

    @Test func anotherRowOfTheSameDatasetIsNamedAndThatItsWorkerIsSilent() async throws {
        try await TestDatabase.with { test in
            let dataset = try await test.addDataset()
            let first = try await test.enqueue(dataset, ["geotiff"])
            let worker = try await test.addWorker("w", types: TestDatabase.everyType)
            #expect(try await test.claim(worker).map(\.queueID) == [first])
            let second = try await test.enqueue(dataset, ["cog"])
            let expected = "queue row \(first) of the same dataset is running on w since …"
            #expect(try await sentence(test, second) == expected)
            try await test.sql("UPDATE v2_queue_lease SET lease_until = now() - interval '1 s'")
            #expect(try await sentence(test, second) == expected + " (not heard of since …)")
        }
    }

    @Test func whoRunsAndWhoTakesItAndWhoRefuses() async throws {
        try await TestDatabase.with { test in
            let row = try await test.enqueue(test.addDataset(), ["geotiff", "cog"])
            #expect(try await why(test, row) == "no worker is running")
            _ = try await test.addWorker("a", types: [.geotiff])
            #expect(try await why(test, row) == "no running worker takes cog")
            _ = try await test.addWorker("b", types: [.cog])
            #expect(try await why(test, row) == "no running worker takes all of geotiff, cog")
            _ = try await test.addWorker("c", types: TestDatabase.everyType)
            try await test.sql("SELECT v2_drain('c')")
            let drained = "no running worker takes all of geotiff, cog; c would, and is drained"
            #expect(try await why(test, row) == drained)
            try await test.sql("SELECT v2_drain('a'), v2_drain('b')")
            #expect(try await why(test, row) == "every running worker is drained: a, b, c")
            try await test.sql("SELECT v2_drain('c', false)")
            try await test.sql(
                "UPDATE v2_workers SET refuses = '/data has 3 GiB free, and 10 GiB are needed' WHERE name = 'c'")
            let refuses =
                "the workers that would take it claim nothing at present: c: /data has 3 GiB free, and 10 GiB are needed"
            #expect(try await why(test, row) == refuses)
        }
    }

    @Test func aWorkerIsGoneByItsOwnMeasure() async throws {
        try await TestDatabase.with { test in
            let row = try await test.enqueue(test.addDataset(), ["geotiff"])
            _ = try await test.addWorker("w", types: TestDatabase.everyType)
            try await test.sql(
                "UPDATE v2_workers SET heartbeat_at = now() - interval '4 minutes', gone_after = '5 minutes'")
            #expect(try await why(test, row) == "it is the next; a worker takes it as soon as it has room")
            try await test.sql("UPDATE v2_workers SET gone_after = '90 s'")
            #expect(try await sentence(test, row) == "no worker is running; w was last heard of at …")
        }
    }

    @Test func rowsThatCannotBeRunSayWhatBecomesOfThem() async throws {
        try await TestDatabase.with { test in
            _ = try await test.addWorker("w", types: TestDatabase.everyType)
            let row = try await test.enqueue(test.addDataset(), ["geotiff"])
            try await test.sql("ALTER TABLE v2_queue DISABLE TRIGGER v2_queue_prepare_update")
            try await test.sql("UPDATE v2_queue SET task_types = '{geotiff,nonsense}'")
            let unknown = "there is no task type nonsense: the next worker that has room ends it as failed"
            #expect(try await why(test, row) == unknown)
            try await test.sql("UPDATE v2_queue SET task_types = NULL")
            #expect(
                try await why(test, row) == "it names no task type: the next worker that has room ends it as failed")
        }
    }

    @Test func aRowThatNobodyHoldsSaysWhenItIsPutBack() async throws {
        try await TestDatabase.with { test in
            let row = try await test.enqueue(test.addDataset(), ["geotiff"])
            try await test.sql("UPDATE v2_queue SET is_processing = true, claimed_at = '2026-01-02 03:04:00Z'")
            let reason = try #require(try await why(test, row))
            #expect(reason.hasPrefix("it is marked as running, but no worker holds it;"))
            #expect(reason.hasSuffix("at 2026-01-02 03:14 UTC"))
        }
    }

    @Test func eachGPUSlotSaysWhyItIsNotFree() async throws {
        try await TestDatabase.with { test in
            let dataset = try await test.addDataset()
            let first = try await test.enqueue(dataset, ["odm_processing"])
            let worker = try await test.addWorker("w", types: TestDatabase.everyType)
            let running = try #require(try await test.claim(worker).first)
            #expect(running.queueID == first)
            let prepared = try await test.addDataset()
            _ = try await test.enqueue(prepared, ["odm_processing"])
            let second = try await test.enqueue(test.addDataset(), ["odm_processing"])
            #expect(try await sentence(test, second) == "dataset \(dataset) is the next, on w since …")
            #expect(try await test.queue.holdSlot(running.token, host: "w"))
            #expect(try await sentence(test, second) == "1 row is before it, for 1 GPU slot")
            #expect(try await test.claim(worker).map(\.datasetID) == [prepared])
            let taken = "no GPU slot is free: gpu0 is held by dataset \(dataset) on w since …"
            let next = "; dataset \(prepared) is the next, on w since …"
            #expect(try await sentence(test, second) == taken + next)
            try await test.sql("INSERT INTO v2_gpu_slots VALUES ('gpu1', 'elsewhere')")
            #expect(
                try await sentence(test, second) == taken
                    + "; gpu1 is for host elsewhere, where no running worker takes it" + next)
            try await test.sql("UPDATE v2_gpu_slots SET host = 'w' WHERE name = 'gpu1'")
            #expect(try await why(test, second) == "it is the next; a worker takes it as soon as it has room")
            try await test.sql("UPDATE v2_queue_lease SET gpu_slot = NULL")
            try await test.sql("DELETE FROM v2_gpu_slots")
            #expect(try await why(test, second) == "there is no GPU slot: v2_gpu_slots is empty")
        }
    }

    @Test func itsPlaceInTheQueueIsCountedAmongItsKind() async throws {
        try await TestDatabase.with { test in
            _ = try await test.addWorker("w", types: TestDatabase.everyType)
            let first = try await test.enqueue(test.addDataset(), ["geotiff"])
            _ = try await test.enqueue(test.addDataset(), ["geotiff"], priority: 5)
            let last = try await test.enqueue(test.addDataset(), ["geotiff"])
            _ = try await test.enqueue(test.addDataset(uploadDone: false), ["geotiff"], priority: 5)
            _ = try await test.enqueue(test.addDataset(), ["odm_processing"], priority: 5)
            #expect(try await why(test, first) == "1 row is before it, for 1 running worker")
            try await test.sql("UPDATE v2_workers SET places = 4")
            #expect(try await why(test, last) == "2 rows are before it, for 4 places on 1 worker")
            let odm = try await test.enqueue(test.addDataset(), ["odm_processing"])
            #expect(try await why(test, odm) == "1 row is before it, for 1 GPU slot")
        }
    }

    @Test func theReasonCostsTheSameInALongQueue() async throws {
        try await TestDatabase.with { test in
            _ = try await test.addWorker("w", types: TestDatabase.everyType)
            let dataset = try await test.addDataset()
            try await test.sql(
                """
                INSERT INTO v2_queue (dataset_id, user_id, task_types)
                SELECT \(dataset), '\(TestDatabase.user)', '{geotiff}' FROM generate_series(1, 20000)
                """)
            try await test.sql("ANALYZE v2_queue")
            let last = try await test.enqueue(dataset, ["geotiff"])
            #expect(try await why(test, last) == "more than 1000 rows are before it, for 1 running worker")
            // What it reads, and not how long it takes: pages of the queue, of which there are hundreds.
            try await test.database.transaction { transaction in
                let pages = "SELECT pg_stat_get_xact_blocks_fetched('v2_queue'::regclass) AS pages"
                let before: Int = try transaction.run(Statement("pages", pages))[0].get("pages")
                try transaction.script("SELECT v2_why_waiting(\(last))", as: "why")
                let after: Int = try transaction.run(Statement("pages", pages))[0].get("pages")
                #expect(after - before < 150)
            }
        }
    }
}
