import DB
import Foundation
import TestSupport
import Testing

private let odm = TaskType(rawValue: "odm_processing")
private let geotiff = TaskType(rawValue: "geotiff")
private let cog = TaskType(rawValue: "cog")
private let all = [odm, geotiff, cog]

@Suite(.enabled(if: TestDatabase.isAvailable, "DATABASE_URL is not set: run the tests through make test"))
struct ClaimTests {
    func claim(_ test: TestDatabase, _ worker: WorkerIdentity, _ types: [TaskType] = all, limit: Int = 10)
        async throws -> [ClaimedJob]
    {
        try await test.queue.claim(for: worker, taskTypes: types, limit: limit, lease: .seconds(90))
    }

    @Test func claimsByPriorityThenAge() async throws {
        try await TestDatabase.with { test in
            let worker = try await test.addWorker("w", types: all)
            var expected: [Int64] = []
            for priority in [2, 5, 2] {
                let dataset = try await test.addDataset()
                expected.append(try await test.enqueue(dataset, ["geotiff"], priority: priority))
            }
            let claimed = try await claim(test, worker).map(\.queueID)
            #expect(claimed == [expected[1], expected[0], expected[2]])
        }
    }

    @Test func twoWorkersNeverClaimOneRow() async throws {
        try await TestDatabase.with(connections: 8) { test in
            for _ in 0..<60 { _ = try await test.enqueue(test.addDataset(), ["geotiff"]) }
            var workers: [WorkerIdentity] = []
            for number in 0..<6 { workers.append(try await test.addWorker("w\(number)", types: all)) }
            let claimed = try await withThrowingTaskGroup(of: [Int64].self) { group in
                for worker in workers {
                    group.addTask {
                        var mine: [Int64] = []
                        while case let jobs = try await claim(test, worker, limit: 3), !jobs.isEmpty {
                            mine += jobs.map(\.queueID)
                        }
                        return mine
                    }
                }
                return try await group.reduce(into: []) { $0 += $1 }
            }
            #expect(claimed.count == 60)
            #expect(Set(claimed).count == 60)
        }
    }

    @Test func oneODMRowIsPreparedForEachSlotAndOneHoldsIt() async throws {
        try await TestDatabase.with(connections: 8) { test in
            for _ in 0..<8 { _ = try await test.enqueue(test.addDataset(), ["odm_processing"]) }
            let worker = try await test.addWorker("w", types: all)
            let claimed = try await withThrowingTaskGroup(of: Int.self) { group in
                for _ in 0..<8 { group.addTask { try await claim(test, worker, limit: 1).count } }
                return try await group.reduce(0, +)
            }
            // Racing claims do not see each other: one may be prepared too many, none more gets a slot.
            #expect((1...8).contains(claimed))
            let holders = try await test.queue.holders().values.map(\.token)
            let slots = try await withThrowingTaskGroup(of: Bool.self) { group in
                for token in holders { group.addTask { try await test.queue.holdSlot(token, host: "w") } }
                return try await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
            }
            #expect(slots == 1)
        }
    }

    @Test func theNextODMRowIsPreparedWhileOneHoldsTheSlot() async throws {
        try await TestDatabase.with { test in
            for _ in 0..<4 { _ = try await test.enqueue(test.addDataset(), ["odm_processing"]) }
            let worker = try await test.addWorker("w", types: all)
            let first = try #require(try await claim(test, worker).first)
            #expect(try await claim(test, worker).isEmpty)
            #expect(try await test.queue.holdSlot(first.token, host: "w"))
            let second = try #require(try await claim(test, worker).first)
            #expect(try await test.queue.holdSlot(second.token, host: "w") == false)
            #expect(try await claim(test, worker).isEmpty)
            try await test.sql("INSERT INTO v2_gpu_slots (name, host) VALUES ('gpu1', 'elsewhere')")
            #expect(try await claim(test, worker).isEmpty)
            try await test.sql("UPDATE v2_gpu_slots SET host = NULL")
            #expect(try await claim(test, worker).count == 1)
            #expect(try await claim(test, worker).isEmpty)
        }
    }

    @Test func aHostThatCannotRunODMTakesOtherRowsOnly() async throws {
        try await TestDatabase.with { test in
            let worker = try await test.addWorker("w", types: all)
            try await test.queue.refuseODM(worker, because: "the ODM image is missing")
            let odm = try await test.enqueue(test.addDataset(), ["odm_processing"], priority: 5)
            let other = try await test.enqueue(test.addDataset(), ["geotiff"])
            #expect(try await claim(test, worker).map(\.queueID) == [other])
            let why = try await test.sql("SELECT v2_why_waiting($1) AS why", [.int(odm)])[0].get("why", as: String.self)
            #expect(why == "the workers that would take it claim nothing at present: w: the ODM image is missing")
            try await test.queue.refuseODM(worker, because: nil)
            #expect(try await claim(test, worker).map(\.queueID) == [odm])
        }
    }

    @Test func rowsBehindATakenSlotDoNotBlockOthers() async throws {
        try await TestDatabase.with { test in
            let worker = try await test.addWorker("w", types: all)
            for _ in 0..<3 { _ = try await test.enqueue(test.addDataset(), ["odm_processing"], priority: 5) }
            let later = try await test.enqueue(test.addDataset(), ["geotiff"], priority: 1)
            #expect(try await claim(test, worker).map(\.queueID).contains(later))
        }
    }

    @Test func rowsWhoseUploadIsNotDoneWaitAndBlockNothing() async throws {
        try await TestDatabase.with { test in
            let worker = try await test.addWorker("w", types: all)
            let unready = try await test.addDataset(uploadDone: false)
            let waiting = try await test.enqueue(unready, ["geotiff"], priority: 5)
            let ready = try await test.enqueue(test.addDataset(), ["geotiff"])
            #expect(try await claim(test, worker).map(\.queueID) == [ready])
            let why = try await test.sql("SELECT v2_why_waiting($1) AS why", [.int(waiting)])
            #expect(try why[0].get("why", as: String.self) == "the upload of dataset \(unready) is not done")
            try await test.sql("UPDATE v2_statuses SET is_upload_done = true WHERE dataset_id = $1", [.int(unready)])
            #expect(try await claim(test, worker).map(\.queueID) == [waiting])
        }
    }

    @Test func twoRowsOfOneDatasetNeverRunTogether() async throws {
        try await TestDatabase.with { test in
            let worker = try await test.addWorker("w", types: all)
            let dataset = try await test.addDataset()
            _ = try await test.enqueue(dataset, ["geotiff"])
            let second = try await test.enqueue(dataset, ["geotiff"])
            let first = try await claim(test, worker)
            #expect(first.count == 1)
            try await test.queue.complete(first[0], geotiff)
            #expect(try await claim(test, worker).map(\.queueID) == [second])
        }
    }

    @Test func workersGetOnlyTypesTheyKnow() async throws {
        try await TestDatabase.with { test in
            let worker = try await test.addWorker("w", types: [geotiff])
            _ = try await test.enqueue(test.addDataset(), ["geotiff", "cog"])
            #expect(try await claim(test, worker, [geotiff]).isEmpty)
            #expect(try await claim(test, worker, [geotiff, cog]).count == 1)
        }
    }

    @Test func pausedQueuesAndDrainedWorkersClaimNothing() async throws {
        try await TestDatabase.with { test in
            let worker = try await test.addWorker("w", types: all)
            _ = try await test.enqueue(test.addDataset(), ["geotiff"])
            try await test.sql("SELECT v2_pause('disk being replaced')")
            #expect(try await claim(test, worker).isEmpty)
            try await test.sql("SELECT v2_resume()")
            try await test.sql("SELECT v2_drain('w')")
            #expect(try await claim(test, worker).isEmpty)
            try await test.sql("SELECT v2_drain('w', false)")
            #expect(try await claim(test, worker).count == 1)
        }
    }

    @Test func backoffIsKeptAndEnds() async throws {
        try await TestDatabase.with { test in
            let worker = try await test.addWorker("w", types: all)
            let row = try await test.enqueue(test.addDataset(), ["geotiff"])
            try await test.sql("UPDATE v2_queue SET not_before = now() + interval '1 hour' WHERE id = $1", [.int(row)])
            #expect(try await claim(test, worker).isEmpty)
            let wait = try #require(try await test.queue.nextBackoff())
            #expect(wait > .seconds(3500) && wait <= .seconds(3600))
            try await test.sql("UPDATE v2_queue SET not_before = now() WHERE id = $1", [.int(row)])
            #expect(try await claim(test, worker).map(\.queueID) == [row])
        }
    }
}

extension ClaimTests {
    @Test func aPauseDoesNotKeepARestartedWorkerFromItsOwnRows() async throws {
        try await TestDatabase.with { test in
            let first = try await test.addWorker("w", types: all)
            let row = try await test.enqueue(test.addDataset(), ["geotiff"])
            _ = try await test.enqueue(test.addDataset(), ["geotiff"])
            #expect(try await claim(test, first, limit: 1).map(\.queueID) == [row])
            try await test.sql("SELECT v2_pause('deploying')")
            let second = try await test.addWorker("w", types: all)
            let again = try await test.queue.claim(
                for: second, taskTypes: all, limit: 10, lease: .seconds(90), known: [])
            #expect(again.map(\.queueID) == [row])
            #expect(again.first?.isTakenOver == true)
            #expect(again.first?.token.attempt == 2)
        }
    }
}
