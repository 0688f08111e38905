import DB
import Failures
import Foundation
import TestSupport
import Testing

@Suite(
    .enabled(if: TestDatabase.isAvailable, "DATABASE_URL is not set: run the tests through make test"),
    .timeLimit(.minutes(2)))
struct NotifyTests {
    @Test func oneInsertOfAThousandRowsFiresOneTriggerAndNotifies() async throws {
        try await TestDatabase.with { test in
            let dataset = try await test.addDataset()
            var ear = try await Ear(test)
            let plan = try await test.sql(
                """
                EXPLAIN (ANALYZE, COSTS off, TIMING off) INSERT INTO v2_queue (dataset_id, user_id, task_types)
                SELECT \(dataset), '\(TestDatabase.user)', '{geotiff}' FROM generate_series(1, 1000)
                """)
            let triggers = try plan.map { try $0.get("QUERY PLAN", as: String.self) }
                .filter { $0.contains("v2_queue_notify_insert") }
            #expect(triggers == ["Trigger v2_queue_notify_insert: calls=1"])
            #expect(try await ear.heard() == ["v2_queue"])
        }
    }

    @Test func whatIsNotRunnableNotifiesNobody() async throws {
        try await TestDatabase.with { test in
            let ready = try await test.addDataset()
            let unready = try await test.addDataset(uploadDone: false)
            var ear = try await Ear(test)
            let insert = "INSERT INTO v2_queue (dataset_id, user_id, task_types, is_processing, not_before)"
            let values = "'\(TestDatabase.user)', '{geotiff}'"
            try await test.sql("\(insert) SELECT \(ready), \(values), false, NULL WHERE false")
            #expect(try await ear.heard() == [], "no rows")
            try await test.sql("\(insert) VALUES (\(ready), \(values), true, NULL)")
            #expect(try await ear.heard() == [], "a row that is being processed already")
            try await test.sql("\(insert) VALUES (\(ready), \(values), false, now() + interval '1 hour')")
            #expect(try await ear.heard() == [], "a row that waits for its backoff")
            try await test.sql("\(insert) VALUES (\(unready), \(values), false, NULL)")
            #expect(try await ear.heard() == [], "a row whose upload is not done")
        }
    }

    @Test func aTransactionNotifiesWhenItCommitsAndOnlyThen() async throws {
        try await TestDatabase.with { test in
            let dataset = try await test.addDataset()
            var ear = try await Ear(test)
            await #expect(throws: CancellationError.self) {
                try await test.database.transaction { transaction in
                    try transaction.script(Self.enqueue(dataset), as: "enqueue")
                    throw CancellationError()
                }
            }
            #expect(try await ear.heard() == [])
            try await test.database.transaction { try $0.script(Self.enqueue(dataset), as: "enqueue") }
            #expect(try await ear.heard() == ["v2_queue"])
        }
    }

    private static func enqueue(_ dataset: Int64) -> String {
        """
        INSERT INTO v2_queue (dataset_id, user_id, task_types)
        VALUES (\(dataset), '\(TestDatabase.user)', '{geotiff}')
        """
    }

    @Test func anUploadThatBecomesDoneNotifiesForTheRowThatWaitsForIt() async throws {
        try await TestDatabase.with { test in
            let waiting = try await test.addDataset(uploadDone: false)
            let idle = try await test.addDataset(uploadDone: false)
            _ = try await test.enqueue(waiting, ["geotiff"])
            var ear = try await Ear(test)
            try await test.sql("UPDATE v2_statuses SET is_upload_done = true WHERE dataset_id = $1", [.int(idle)])
            #expect(try await ear.heard() == [], "nothing waits for this one")
            try await test.sql("UPDATE v2_statuses SET is_upload_done = true WHERE dataset_id = $1", [.int(waiting)])
            #expect(try await ear.heard() == ["v2_queue"])
        }
    }

    @Test func aStatusRowThatComesLateNotifiesToo() async throws {
        try await TestDatabase.with { test in
            let dataset = try await test.addDataset(uploadDone: false)
            try await test.sql("DELETE FROM v2_statuses WHERE dataset_id = $1", [.int(dataset)])
            let row = try await test.enqueue(dataset, ["geotiff"])
            var ear = try await Ear(test)
            try await test.sql(
                "INSERT INTO v2_statuses (dataset_id, is_upload_done) VALUES ($1, true)", [.int(dataset)])
            #expect(try await ear.heard() == ["v2_queue"])
            let worker = try await test.addWorker("w", types: TestDatabase.everyType)
            #expect(try await test.claim(worker).map(\.queueID) == [row])
        }
    }

    @Test func heartbeatsProgressAndClaimsNotifyNobody() async throws {
        try await TestDatabase.with { test in
            _ = try await test.enqueue(test.addDataset(), ["geotiff"])
            let worker = try await test.addWorker("w", types: TestDatabase.everyType)
            var ear = try await Ear(test)
            let job = try #require(try await test.claim(worker).first)
            _ = try await test.queue.beat(worker, running: [job.queueID], note: "busy")
            _ = try await test.queue.renew(
                [LeaseProgress(token: job.token, progress: 0.5, note: "half")], worker: "w", lease: .seconds(90),
                odmLease: .seconds(1800))
            #expect(try await ear.heard() == [])
        }
    }

    @Test func puttingARowBackByHandNotifiesAndFencesTheOldClaim() async throws {
        try await TestDatabase.with { test in
            let claimed = try await test.addClaimed(["geotiff"])
            var ear = try await Ear(test)
            try await test.sql("UPDATE v2_queue SET is_processing = false WHERE id = $1", [.int(claimed.job.queueID)])
            #expect(try await ear.heard().contains("v2_queue"))
            #expect(try await test.count("v2_queue_lease") == 0)
            #expect(try await test.text("SELECT outcome FROM v2_task_runs") == "lost")
            let failure = try await #require(throws: Failure.self) {
                try await test.queue.complete(claimed.job, .geotiff)
            }
            #expect(failure.code == "lease_lost")
            let again = try #require(try await test.claim(claimed.worker).first)
            #expect(again.token.attempt == claimed.token.attempt + 1)
        }
    }

    @Test func deletingARunningRowTellsItsWorkerAndClosesTheBooks() async throws {
        try await TestDatabase.with { test in
            let claimed = try await test.addClaimed(["geotiff"])
            var ear = try await Ear(test)
            try await test.sql("DELETE FROM v2_queue WHERE id = $1", [.int(claimed.job.queueID)])
            #expect(try await ear.heard().contains("v2_queue_control"))
            #expect(try await test.text("SELECT outcome FROM v2_task_runs") == "canceled")
            #expect(try await test.text("SELECT current_status FROM v2_statuses") == "idle")
            #expect(try await test.count("v2_queue_lease") == 0)
            let held = try await test.queue.renew(
                [LeaseProgress(token: claimed.token, progress: 0, note: nil)], worker: "w", lease: .seconds(90),
                odmLease: .seconds(1800))
            #expect(held.isEmpty)
        }
    }

    @Test func deletingAWaitingRowNotifiesNobody() async throws {
        try await TestDatabase.with { test in
            let row = try await test.enqueue(test.addDataset(), ["geotiff"])
            var ear = try await Ear(test)
            try await test.sql("DELETE FROM v2_queue WHERE id = $1", [.int(row)])
            #expect(try await ear.heard() == [])
        }
    }

    @Test func whatFreesAGPUNotifies() async throws {
        try await TestDatabase.with { test in
            let claimed = try await test.addClaimed(["odm_processing"])
            var ear = try await Ear(test)
            try await test.queue.freeSlot(claimed.token, container: nil, exitCode: nil)
            #expect(try await ear.heard() == ["v2_queue"])
            // Taken again, it leaves room for the next row to be prepared.
            #expect(try await test.queue.holdSlot(claimed.token, host: "w"))
            #expect(try await ear.heard() == ["v2_queue"])
            try await test.sql("INSERT INTO v2_gpu_slots (name) VALUES ('gpu1')")
            #expect(try await ear.heard() == ["v2_queue"])
        }
    }

    @Test func cancelPauseAndDrainReachWhomTheyConcern() async throws {
        try await TestDatabase.with { test in
            let claimed = try await test.addClaimed(["geotiff"])
            var ear = try await Ear(test)
            try await test.sql("SELECT v2_cancel($1)", [.int(claimed.job.queueID)])
            #expect(try await ear.heard() == ["v2_queue_control"])
            try await test.sql("SELECT v2_drain('w')")
            #expect(try await ear.heard() == ["v2_queue_control"])
            try await test.sql("SELECT v2_drain('w', false)")
            #expect(try await ear.heard() == ["v2_queue", "v2_queue_control"])
            try await test.sql("SELECT v2_pause('disk')")
            try await test.sql("SELECT v2_resume()")
            #expect(try await ear.heard().contains("v2_queue"))
        }
    }

    @Test func aPauseIsHeardAsControl() async throws {
        try await TestDatabase.with { test in
            var ear = try await Ear(test)
            try await test.sql("SELECT v2_pause('disk')")
            #expect(try await ear.heard() == ["v2_queue_control"])
        }
    }

    @Test func aRowThatIsFinishedNotifiesNobody() async throws {
        try await TestDatabase.with { test in
            let done = try await test.addClaimed(["geotiff"])
            var ear = try await Ear(test)
            try await test.queue.complete(done.job, .geotiff)
            #expect(try await test.count("v2_queue") == 0)
            #expect(try await ear.heard() == [])
        }
    }

    @Test func aStatementOverAHundredRowsIsOneNotificationAChannel() async throws {
        try await TestDatabase.with { test in
            for _ in 0..<100 { _ = try await test.enqueue(test.addDataset(), ["geotiff"]) }
            let worker = try await test.addWorker("w", types: TestDatabase.everyType)
            #expect(try await test.claim(worker, limit: 100).count == 100)
            try await test.sql("UPDATE v2_queue SET is_processing = false")
            let heard = try await notifications(test, during: "UPDATE v2_queue SET priority = 3")
            #expect(heard == ["v2_queue"])
            #expect(try await test.claim(worker, limit: 100).count == 100)
            let control = try await notifications(test, during: "UPDATE v2_queue SET is_processing = false")
            #expect(control.sorted() == ["v2_queue", "v2_queue_control"])
        }
    }

    /// Every single notification that a statement sends, by its channel: psql prints one line for each.
    private func notifications(_ test: TestDatabase, during sql: String) async throws -> [String] {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = [
            "psql", "-Xq", test.url, "-c", "LISTEN v2_queue", "-c", "LISTEN v2_queue_control", "-c", sql,
        ]
        let output = Pipe()
        process.standardOutput = output
        try process.run()
        let text = String(decoding: try output.fileHandleForReading.readToEnd() ?? Data(), as: UTF8.self)
        process.waitUntilExit()
        #expect(process.terminationStatus == 0)
        return text.matches(of: /notification "(\w+)"/).map { String($0.output.1) }
    }
}
