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
            let old = try await test.enqueue(dataset, ["odm_processing"])
            let row = try await requeue(test, dataset, ", '{cog,geotiff}', priority => 5")
            #expect(try await types(test, of: row) == "{cog,geotiff}")
            #expect(try await test.outcome(of: old) == "canceled: replaced by a newer request")
            #expect(try await test.text("SELECT priority FROM v2_queue WHERE id = \(row)") == "5")
            #expect(try await test.count("v2_queue") == 1)
        }
    }

    @Test func requeueWithoutTypesKeepsThoseOfAWaitingRow() async throws {
        try await TestDatabase.with { test in
            let dataset = try await test.addDataset()
            _ = try await test.enqueue(dataset, ["metadata", "cog"])
            _ = try await test.enqueue(dataset, ["thumbnail", "cog"])
            #expect(try await types(test, of: requeue(test, dataset)) == "{metadata,cog,thumbnail}")
            #expect(try await test.count("v2_queue") == 1)
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
            let priority = try await test.refusal(of: "SELECT v2_requeue(\(dataset), '{geotiff}', 99999)")
            #expect(priority.contains("priority 99999 is out of range"))
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
            #expect(try await test.outcome(of: waiting) == "canceled: canceled on request")
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

    @Test func whatIsDeletedAfterACancelIsNotBlamedOnIt() async throws {
        try await TestDatabase.with { test in
            let rows = [
                try await test.enqueue(test.addDataset(), ["geotiff"]),
                try await test.enqueue(test.addDataset(), ["cog"]),
            ]
            try await test.database.transaction {
                try $0.script("SELECT v2_cancel(\(rows[0])); DELETE FROM v2_queue", as: "both")
            }
            #expect(try await test.outcome(of: rows[1]) == "canceled: the queue row was deleted")
        }
    }

    @Test func requeueOfAHealthyDatasetRunsAllStagesAgain() async throws {
        try await TestDatabase.with { test in
            let claimed = try await test.addClaimed(["geotiff", "cog"])
            try await test.queue.complete(claimed.job, .geotiff, next: .cog)
            try await test.queue.complete(claimed.job, .cog)
            let done = "is_ortho_done AND is_cog_done AND NOT has_error"
            #expect(try await test.count("v2_statuses", done) == 1)
            let row = try await requeue(test, claimed.job.datasetID, ", '{cog,geotiff}'")
            let again = try #require(try await test.claim(claimed.worker).first)
            #expect(again.queueID == row)
            #expect(again.stagesDone.isEmpty)
            #expect(again.stage == .geotiff)
            #expect(try await test.count("v2_statuses", "is_ortho_done") == 0)
            try await test.queue.complete(again, .geotiff, next: .cog)
            #expect(try await test.count("v2_statuses", "is_cog_done") == 0)
            try await test.queue.complete(again, .cog)
            #expect(try await test.count("v2_statuses", done) == 1)
            #expect(try await test.count("v2_task_runs", "queue_id = \(row) AND outcome = 'succeeded'") == 2)
        }
    }

    @Test func anEvictedWorkerThatStillRunsFindsThatItWasReplaced() async throws {
        try await TestDatabase.with { test in
            let claimed = try await test.addClaimed(["geotiff"])
            #expect(try await test.text("SELECT v2_evict('w')") == "1")
            #expect(try await !test.queue.beat(claimed.worker, running: [], note: nil))
            #expect(try await test.claim(claimed.worker).isEmpty)
            #expect(try await test.text("SELECT error FROM v2_task_runs") == "its worker w was evicted")
            #expect(try await test.text("SELECT note FROM v2_workers")?.hasPrefix("evicted by ") == true)
            // Started again, it is a worker like all others.
            let again = try await test.addWorker("w", types: TestDatabase.everyType)
            #expect(try await test.claim(again).map(\.queueID) == [claimed.job.queueID])
        }
    }

    @Test func aDrainedWorkerStaysDrainedOverRestartsAndStopsLikeOthers() async throws {
        try await TestDatabase.with { test in
            let state = "SELECT state FROM v2_workers"
            let worker = try await test.addWorker("w", types: TestDatabase.everyType)
            #expect(try await test.text("SELECT v2_drain('w')") == "true")
            #expect(try await test.text(state) == "draining")
            try await test.queue.leave(worker)
            #expect(try await test.text(state) == "stopped")
            #expect(try await test.queue.troubles().silentWorkers == [])
            let again = try await test.addWorker("w", types: TestDatabase.everyType)
            #expect(try await test.text(state) == "draining")
            // Gone without a word, it is missed by nobody: it had nothing to do.
            try await test.sql("UPDATE v2_workers SET heartbeat_at = now() - interval '1 day'")
            #expect(try await test.queue.troubles().silentWorkers == [])
            try await test.queue.leave(again)
            // What does not run can be drained, or let go, for its next start.
            #expect(try await test.text("SELECT v2_drain('w', false)") == "true")
            #expect(try await test.text(state) == "stopped")
            _ = try await test.addWorker("w", types: TestDatabase.everyType)
            #expect(try await test.text(state) == "running")
            #expect(try await test.text("SELECT v2_drain('nobody')") == "false")
        }
    }
}
