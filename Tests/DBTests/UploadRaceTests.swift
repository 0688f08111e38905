import DB
import Foundation
import Logging
import TestSupport
import Testing

/// A row is enqueued while the upload of its dataset becomes done, in two transactions that overlap. Whoever
/// commits last, the row must become runnable and a worker must be told.
@Suite(
    .enabled(if: TestDatabase.isAvailable, "DATABASE_URL is not set: run the tests through make test"),
    .timeLimit(.minutes(2)))
struct UploadRaceTests {
    private func enqueue(_ dataset: Int64) -> String {
        """
        INSERT INTO v2_queue (dataset_id, user_id, task_types)
        VALUES (\(dataset), '\(TestDatabase.user)', '{geotiff}')
        """
    }

    private func uploadDone(_ dataset: Int64) -> String {
        "UPDATE v2_statuses SET is_upload_done = true WHERE dataset_id = \(dataset)"
    }

    private func expectRunnable(_ test: TestDatabase, _ ear: inout Ear) async throws {
        #expect(try await test.text("SELECT is_ready FROM v2_queue") == "true")
        #expect(try await ear.heard().contains("v2_queue"))
        let worker = try await test.addWorker("w", types: TestDatabase.everyType)
        #expect(try await test.claim(worker).count == 1)
    }

    @Test func theUploadBecomesDoneWhileTheRowIsNotYetCommitted() async throws {
        try await TestDatabase.with { test in
            let dataset = try await test.addDataset(uploadDone: false)
            var ear = try await Ear(test)
            #expect(try await race(test, enqueue(dataset), uploadDone(dataset)) == nil)
            try await expectRunnable(test, &ear)
        }
    }

    @Test func theRowIsInsertedWhileTheDoneUploadIsNotYetCommitted() async throws {
        try await TestDatabase.with { test in
            let dataset = try await test.addDataset(uploadDone: false)
            var ear = try await Ear(test)
            #expect(try await race(test, uploadDone(dataset), enqueue(dataset)) == nil)
            try await expectRunnable(test, &ear)
        }
    }

    @Test func theStatusRowIsInsertedWhileTheRowIsNotYetCommitted() async throws {
        try await TestDatabase.with { test in
            let dataset = try await test.addDataset(uploadDone: false)
            try await test.sql("DELETE FROM v2_statuses")
            var ear = try await Ear(test)
            let insert = "INSERT INTO v2_statuses (dataset_id, is_upload_done) VALUES (\(dataset), true)"
            #expect(try await race(test, enqueue(dataset), insert) == nil)
            try await expectRunnable(test, &ear)
        }
    }

    @Test func manyAtOnceLoseNone() async throws {
        try await TestDatabase.with(connections: 8) { test in
            var datasets: [Int64] = []
            for _ in 0..<40 { datasets.append(try await test.addDataset(uploadDone: false)) }
            try await withThrowingTaskGroup { group in
                for dataset in datasets {
                    group.addTask { try await test.database.transaction { try $0.script(enqueue(dataset), as: "a") } }
                    group.addTask {
                        try await test.database.transaction { try $0.script(uploadDone(dataset), as: "b") }
                    }
                }
                try await group.waitForAll()
            }
            #expect(try await test.count("v2_queue", "is_ready") == 40)
        }
    }
}
