import DB
import Failures
import TestSupport
import Testing

@Suite(.enabled(if: TestDatabase.isAvailable, "DATABASE_URL is not set: run the tests through make test"))
struct AdminTests {
    /// Runs a dataset's request up to the failure of its last stage. Returns the dataset.
    private func addFailed(_ test: TestDatabase, _ types: [TaskType]) async throws -> Int64 {
        let claimed = try await test.addClaimed(types.map(\.rawValue))
        for (type, next) in zip(types, types.dropFirst()) {
            try await test.queue.complete(claimed.job, type, next: next)
        }
        try await test.queue.fail(
            claimed.token, datasetID: claimed.job.datasetID, outcome: .failed, failure: Failure("bad", "it was bad"),
            sentence: "it was bad", measures: StageMeasures())
        return claimed.job.datasetID
    }

    private func types(_ test: TestDatabase, of row: Int64) async throws -> String? {
        try await test.text("SELECT task_types FROM v2_queue WHERE id = $1", [.int(row)])
    }

    private func requeue(_ test: TestDatabase, _ dataset: Int64, _ arguments: String = "") async throws -> Int64 {
        try await test.sql("SELECT v2_requeue(\(dataset)\(arguments)) AS id")[0].get("id")
    }

    @Test func requeueRunsWhatFailedOrNeverRan() async throws {
        try await TestDatabase.with { test in
            let claimed = try await test.addClaimed(["odm_processing", "geotiff", "thumbnail"])
            let dataset = claimed.job.datasetID
            try await test.queue.complete(claimed.job, .odm, next: .geotiff)
            try await test.queue.fail(
                claimed.token, datasetID: dataset, outcome: .failed, failure: Failure("bad", "it was bad"),
                sentence: "it was bad", measures: StageMeasures())
            #expect(try await test.text("SELECT error_message FROM v2_statuses") == "it was bad")
            let row = try await requeue(test, dataset)
            #expect(try await types(test, of: row) == "{geotiff,thumbnail}")
            #expect(
                try await test.text("SELECT has_error::text || coalesce(error_message, '') FROM v2_statuses") == "false"
            )
        }
    }

    @Test func requeueAddsTheStageThatMakesWhatTheOthersRead() async throws {
        try await TestDatabase.with { test in
            let dataset = try await addFailed(test, [.geotiff, .cog])
            #expect(try await types(test, of: requeue(test, dataset)) == "{geotiff,cog}")
        }
    }

    @Test func requeueTakesExactlyTheTypesItIsToldAndReplacesAWaitingRow() async throws {
        try await TestDatabase.with { test in
            let dataset = try await test.addDataset()
            _ = try await test.enqueue(dataset, ["odm_processing"])
            let row = try await requeue(test, dataset, ", '{cog,geotiff}', priority => 5")
            #expect(try await types(test, of: row) == "{cog,geotiff}")
            #expect(try await test.text("SELECT priority FROM v2_queue WHERE id = \(row)") == "5")
            #expect(try await test.count("v2_queue") == 1)
        }
    }

    @Test func requeueWithoutTypesKeepsThoseOfAWaitingRow() async throws {
        try await TestDatabase.with { test in
            let dataset = try await test.addDataset()
            _ = try await test.enqueue(dataset, ["metadata", "cog"])
            #expect(try await types(test, of: requeue(test, dataset)) == "{metadata,cog}")
        }
    }

    @Test func requeueRefusesWhatRunsWhatIsDoneAndWhatIsNotThere() async throws {
        try await TestDatabase.with { test in
            let claimed = try await test.addClaimed(["geotiff"])
            let dataset = claimed.job.datasetID
            let running = try await test.refusal(of: "SELECT v2_requeue(\(dataset), '{geotiff}')")
            #expect(running.contains("dataset \(dataset) is being processed; cancel its queue row first"))
            try await test.queue.complete(claimed.job, .geotiff)
            let done = try await test.sql("SELECT v2_requeue(\(dataset)) IS NULL AS nothing")
            #expect(try done[0].get("nothing", as: Bool.self))
            #expect(try await test.refusal(of: "SELECT v2_requeue(999)").contains("dataset 999 does not exist"))
            let unknown = try await test.refusal(of: "SELECT v2_requeue(\(dataset), '{nonsense}')")
            #expect(unknown.contains("unknown task type: nonsense"))
            #expect(try await test.count("v2_queue") == 0)
        }
    }

    @Test func requeueOfAllThatFailedIsOneStatement() async throws {
        try await TestDatabase.with { test in
            for _ in 0..<3 { _ = try await addFailed(test, [.geotiff]) }
            // Failed before there was a history: nobody knows what was asked for, and the others do not mind.
            let old = try await test.addDataset()
            try await test.sql("UPDATE v2_statuses SET has_error = true WHERE dataset_id = $1", [.int(old)])
            try await test.sql("SELECT v2_requeue(dataset_id) FROM v2_statuses WHERE has_error")
            #expect(try await test.count("v2_queue", "task_types = '{geotiff}'") == 3)
            #expect(try await test.count("v2_statuses", "has_error") == 1)
        }
    }

    @Test func cancelAsksARunningRowsWorkerAndTakesAWaitingRowOut() async throws {
        try await TestDatabase.with { test in
            let claimed = try await test.addClaimed(["geotiff"])
            let waiting = try await test.enqueue(test.addDataset(), ["geotiff"])
            #expect(try await test.text("SELECT v2_cancel(\(waiting))") == "true")
            #expect(try await test.text("SELECT v2_cancel(\(waiting))") == "false")
            #expect(try await test.text("SELECT v2_cancel(\(claimed.job.queueID))") == "true")
            let asked = try await test.text("SELECT cancel_requested_at FROM v2_queue_lease")
            #expect(asked != nil)
            #expect(try await test.text("SELECT v2_cancel(\(claimed.job.queueID))") == "true")
            #expect(try await test.text("SELECT cancel_requested_at FROM v2_queue_lease") == asked)
            #expect(try await test.count("v2_queue") == 1)
        }
    }

    @Test func evictPutsAllRowsOfAWorkerBackAndCountsThem() async throws {
        try await TestDatabase.with { test in
            for _ in 0..<3 { _ = try await test.enqueue(test.addDataset(), ["geotiff"]) }
            let lost = try await test.addWorker("lost", types: TestDatabase.everyType)
            let other = try await test.addWorker("other", types: TestDatabase.everyType)
            let gone = try await test.claim(lost, limit: 2)
            #expect(gone.count == 2)
            #expect(try await test.claim(other, limit: 1).count == 1)
            #expect(try await test.text("SELECT v2_evict('lost')") == "2")
            #expect(try await test.text("SELECT state FROM v2_workers WHERE name = 'lost'") == "stopped")
            #expect(try await test.text("SELECT v2_evict('lost')") == "0")
            #expect(try await test.text("SELECT v2_evict('nobody')") == "0")
            let again = try await test.claim(other)
            #expect(Set(again.map(\.queueID)) == Set(gone.map(\.queueID)))
            #expect(again.allSatisfy { $0.token.attempt == 2 })
        }
    }
}
