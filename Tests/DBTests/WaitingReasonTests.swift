import DB
import TestSupport
import Testing

@Suite(.enabled(if: TestDatabase.isAvailable, "DATABASE_URL is not set: run the tests through make test"))
struct WaitingReasonTests {
    private func why(_ test: TestDatabase, _ row: Int64) async throws -> String? {
        try await test.text("SELECT v2_why_waiting(\(row))")
    }

    @Test func aRowThatRunsOrIsGoneWaitsForNothing() async throws {
        try await TestDatabase.with { test in
            let claimed = try await test.addClaimed(["geotiff"])
            #expect(try await why(test, claimed.job.queueID) == nil)
            #expect(try await why(test, 999) == nil)
        }
    }

    @Test func pauseWorkersAndTypesInTheOrderInWhichTheyMatter() async throws {
        try await TestDatabase.with { test in
            let row = try await test.enqueue(test.addDataset(), ["geotiff", "cog"])
            #expect(try await why(test, row) == "no worker is running")
            _ = try await test.addWorker("w", types: [.geotiff])
            #expect(try await why(test, row) == "no running worker takes all of geotiff, cog")
            _ = try await test.addWorker("w", types: TestDatabase.everyType)
            try await test.sql("SELECT v2_pause('new disk')")
            let paused = try #require(try await why(test, row))
            #expect(paused.hasPrefix("the queue is paused by ") && paused.hasSuffix(" UTC: new disk"))
            try await test.sql("SELECT v2_resume()")
            try await test.sql("UPDATE v2_workers SET heartbeat_at = now() - interval '4 minutes'")
            #expect(try await why(test, row) == "no worker is running")
        }
    }

    @Test func backoffNamesItsTime() async throws {
        try await TestDatabase.with { test in
            let row = try await test.enqueue(test.addDataset(), ["geotiff"])
            try await test.sql("UPDATE v2_queue SET not_before = '2999-01-02 03:04:05Z'")
            #expect(try await why(test, row) == "it failed and is tried again at 2999-01-02 03:04 UTC")
        }
    }

    @Test func anotherRowOfTheSameDatasetIsNamed() async throws {
        try await TestDatabase.with { test in
            let claimed = try await test.addClaimed(["geotiff"])
            let second = try await test.enqueue(claimed.job.datasetID, ["cog"])
            let expected = "queue row \(claimed.job.queueID) of the same dataset is running on w"
            #expect(try await why(test, second) == expected)
        }
    }

    @Test func whoHoldsTheGPUIsNamed() async throws {
        try await TestDatabase.with { test in
            let claimed = try await test.addClaimed(["odm_processing"])
            let second = try await test.enqueue(test.addDataset(), ["odm_processing"])
            let reason = try #require(try await why(test, second))
            #expect(reason.hasPrefix("every GPU slot is taken: gpu0 by dataset \(claimed.job.datasetID) on w since "))
            try await test.queue.freeSlot(claimed.token)
            try await test.sql("DELETE FROM v2_gpu_slots")
            #expect(try await why(test, second) == "every GPU slot is taken: there is none in v2_gpu_slots")
        }
    }

    @Test func itsPlaceInTheQueueIsCounted() async throws {
        try await TestDatabase.with { test in
            _ = try await test.addWorker("w", types: TestDatabase.everyType)
            let first = try await test.enqueue(test.addDataset(), ["geotiff"])
            _ = try await test.enqueue(test.addDataset(), ["geotiff"], priority: 5)
            let last = try await test.enqueue(test.addDataset(), ["geotiff"])
            _ = try await test.enqueue(test.addDataset(uploadDone: false), ["geotiff"], priority: 5)
            #expect(try await why(test, first) == "1 row(s) with higher priority or age are before it")
            #expect(try await why(test, last) == "2 row(s) with higher priority or age are before it")
        }
    }
}
