import DB
import TestSupport
import Testing

/// What administrators do while workers, uploads and other administrators do the same: nothing is lost, doubled, or
/// ended by a deadlock.
@Suite(
    .enabled(if: TestDatabase.isAvailable, "DATABASE_URL is not set: run the tests through make test"),
    .timeLimit(.minutes(2)))
struct AdminRaceTests {
    private func uploadDone(_ dataset: Int64) -> String {
        "UPDATE v2_statuses SET is_upload_done = true WHERE dataset_id = \(dataset)"
    }

    @Test func ofTwoRequeuesAtOnceTheSecondReplacesTheFirst() async throws {
        try await TestDatabase.with { test in
            let dataset = try await test.addDataset()
            let old = try await test.enqueue(dataset, ["cog"])
            let refusal = try await race(
                test, "SELECT v2_requeue(\(dataset), '{geotiff}')", "SELECT v2_requeue(\(dataset), '{thumbnail}')")
            #expect(refusal == nil)
            #expect(try await test.text("SELECT string_agg(task_types::text, ' ') FROM v2_queue") == "{thumbnail}")
            #expect(try await test.outcome(of: old) == "canceled: replaced by a newer request")
            #expect(try await test.count("v2_requests", "error = 'replaced by a newer request'") == 2)
            #expect(try await test.everyRowOnce() == 3)
        }
    }

    @Test func aRequeueThatComesUponAClaimWaitsForItAndIsRefused() async throws {
        try await TestDatabase.with { test in
            let dataset = try await test.addDataset()
            let row = try await test.enqueue(dataset, ["geotiff"])
            _ = try await test.addWorker("w", types: TestDatabase.everyType)
            let requeue = "SELECT v2_requeue(\(dataset), '{cog}')"
            let refusal = try await race(test, TestDatabase.claimStatement("w"), requeue)
            #expect(refusal?.contains("dataset \(dataset) is being processed") == true)
            #expect(try await test.text("SELECT queue_id FROM v2_queue_lease") == "\(row)")
            #expect(try await test.everyRowOnce() == 1)
        }
    }

    @Test func aClaimThatComesUponARequeuePassesTheOldRowOver() async throws {
        try await TestDatabase.with { test in
            let dataset = try await test.addDataset()
            let old = try await test.enqueue(dataset, ["geotiff"])
            let worker = try await test.addWorker("w", types: TestDatabase.everyType)
            let requeue = "SELECT v2_requeue(\(dataset), '{cog}')"
            #expect(try await race(test, requeue, TestDatabase.claimStatement("w")) == nil)
            #expect(try await test.outcome(of: old) == "canceled: replaced by a newer request")
            #expect(try await test.claim(worker).map(\.taskTypes) == [[.cog]])
            #expect(try await test.everyRowOnce() == 2)
        }
    }

    @Test func aRequeueAndAnUploadThatBecomesDoneNeverDeadlock() async throws {
        for isUploadFirst in [true, false] {
            try await TestDatabase.with { test in
                let dataset = try await test.addDataset(uploadDone: false)
                _ = try await test.enqueue(dataset, ["geotiff"])
                try await test.sql("UPDATE v2_statuses SET has_error = true")
                let (upload, requeue) = (uploadDone(dataset), "SELECT v2_requeue(\(dataset), '{cog}')")
                let refusal =
                    isUploadFirst ? try await race(test, upload, requeue) : try await race(test, requeue, upload)
                #expect(refusal == nil)
                #expect(try await test.text("SELECT concat(task_types, is_ready) FROM v2_queue") == "{cog}t")
            }
        }
    }

    @Test func aRequeueNeverWaitsForAStatusWhichAnUploadLocksFirst() async throws {
        try await TestDatabase.with { test in
            let dataset = try await test.addDataset()
            try await test.sql("UPDATE v2_statuses SET has_error = true")
            let requeue = "SELECT v2_requeue(\(dataset), '{cog}')"
            try await race(test, "SELECT FROM v2_statuses FOR UPDATE", requeue) { #expect($0) }
            #expect(try await test.count("v2_queue") == 1)
        }
    }

    @Test func aRequeueThatWaitsForADatasetHoldsNoneOfItsRows() async throws {
        try await TestDatabase.with { test in
            let dataset = try await test.addDataset()
            _ = try await test.enqueue(dataset, ["geotiff"])
            let requeue = "SELECT v2_requeue(\(dataset), '{cog}')"
            try await race(test, "SELECT FROM v2_datasets FOR NO KEY UPDATE", requeue) { isPassed in
                #expect(!isPassed)
                let locked = try await test.sql("SELECT id FROM v2_queue FOR UPDATE NOWAIT")
                #expect(locked.count == 1)
            }
            #expect(try await test.text("SELECT string_agg(task_types::text, ' ') FROM v2_queue") == "{cog}")
        }
    }

    @Test func aCancelThatWaitsForARowHoldsNotItsLease() async throws {
        try await TestDatabase.with { test in
            let claimed = try await test.addClaimed(["geotiff"])
            let cancel = "SELECT v2_cancel(\(claimed.job.queueID))"
            try await race(test, "SELECT FROM v2_queue FOR UPDATE", cancel) { isPassed in
                #expect(!isPassed)
                let locked = try await test.sql("SELECT queue_id FROM v2_queue_lease FOR UPDATE NOWAIT")
                #expect(locked.count == 1)
            }
            #expect(try await test.count("v2_queue_lease", "cancel_requested_at IS NOT NULL") == 1)
        }
    }

    @Test func aCancelThatComesUponAClaimAsksTheWorker() async throws {
        try await TestDatabase.with { test in
            let row = try await test.enqueue(test.addDataset(), ["geotiff"])
            _ = try await test.addWorker("w", types: TestDatabase.everyType)
            #expect(try await race(test, TestDatabase.claimStatement("w"), "SELECT v2_cancel(\(row))") == nil)
            #expect(try await test.count("v2_queue_lease", "cancel_requested_at IS NOT NULL") == 1)
        }
    }

    @Test func aClaimThatComesUponACancelFindsNothing() async throws {
        try await TestDatabase.with { test in
            let row = try await test.enqueue(test.addDataset(), ["geotiff"])
            _ = try await test.addWorker("w", types: TestDatabase.everyType)
            #expect(try await race(test, "SELECT v2_cancel(\(row))", TestDatabase.claimStatement("w")) == nil)
            #expect(try await test.outcome(of: row) == "canceled: canceled on request")
            #expect(try await test.count("v2_queue_lease") == 0)
        }
    }

    @Test func aCancelOfARowThatIsNotYetCommittedFindsNone() async throws {
        try await TestDatabase.with { test in
            let insert = """
                INSERT INTO v2_queue (id, dataset_id, user_id, task_types)
                VALUES (77, \(try await test.addDataset()), '\(TestDatabase.user)', '{geotiff}')
                """
            #expect(try await race(test, insert, "SELECT v2_cancel(77)") == nil)
            #expect(try await test.count("v2_queue") == 1)
            #expect(try await test.text("SELECT v2_cancel(77)") == "true")
            #expect(try await test.outcome(of: 77) == "canceled: canceled on request")
        }
    }

    @Test func twoCancelsOfOneRowEndItOnce() async throws {
        try await TestDatabase.with { test in
            let row = try await test.enqueue(test.addDataset(), ["geotiff"])
            #expect(try await race(test, "SELECT v2_cancel(\(row))", "DELETE FROM v2_queue WHERE id = \(row)") == nil)
            #expect(try await test.outcome(of: row) == "canceled: canceled on request")
            #expect(try await test.everyRowOnce() == 1)
        }
    }

    @Test func anEvictionThatComesUponAClaimOfTheSameWorkerTakesItBack() async throws {
        try await TestDatabase.with { test in
            let row = try await test.enqueue(test.addDataset(), ["geotiff"])
            let worker = try await test.addWorker("w", types: TestDatabase.everyType)
            #expect(try await race(test, TestDatabase.claimStatement("w"), "SELECT v2_evict('w')") == nil)
            #expect(try await test.count("v2_queue_lease") == 0)
            #expect(try await test.claim(worker).isEmpty)
            let other = try await test.addWorker("other", types: TestDatabase.everyType)
            #expect(try await test.claim(other).map(\.queueID) == [row])
        }
    }

    @Test func manyOfAllKindsAtOnceLoseNoRow() async throws {
        try await TestDatabase.with(connections: 8) { test in
            var datasets: [Int64] = []
            for number in 0..<12 { datasets.append(try await test.addDataset(uploadDone: number % 2 == 0)) }
            var committed: Set<Int64> = []
            for dataset in datasets { committed.insert(try await test.enqueue(dataset, ["geotiff"])) }
            let worker = try await test.addWorker("w", types: TestDatabase.everyType)
            try await withThrowingTaskGroup(of: [Int64].self) { group in
                for dataset in datasets {
                    for type in ["cog", "thumbnail"] {
                        group.addTask { try await ids(test, "SELECT v2_requeue(\(dataset), '{\(type)}') AS id") }
                    }
                    group.addTask { try await ids(test, uploadDone(dataset)) }
                    group.addTask {
                        try await test.sql("SELECT v2_cancel(id) FROM v2_queue WHERE dataset_id = $1", [.int(dataset)])
                        return []
                    }
                    group.addTask {
                        _ = try await test.claim(worker, limit: 2)
                        return []
                    }
                }
                for try await ids in group { committed.formUnion(ids) }
            }
            let known = try await test.sql("SELECT id FROM v2_queue UNION ALL SELECT queue_id FROM v2_requests")
            #expect(try known.map { try $0.get("id", as: Int64.self) }.sorted() == committed.sorted())
            let unheld = "is_processing AND id NOT IN (SELECT queue_id FROM v2_queue_lease)"
            #expect(try await test.count("v2_queue", unheld) == 0)
            #expect(try await test.count("v2_queue", "NOT is_processing") <= datasets.count)
        }
    }

    /// The ids that a statement returns; none when it is refused because the dataset runs, the one reason that it may
    /// have.
    private func ids(_ test: TestDatabase, _ sql: String) async throws -> [Int64] {
        do {
            return try await test.sql(sql).map { try $0.get("id") }
        } catch let error as DatabaseError {
            #expect(error.sqlState == "55006", "\(error)")
            return []
        }
    }
}
