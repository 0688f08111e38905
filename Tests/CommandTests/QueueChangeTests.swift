import DB
import Foundation
import TestSupport
import Testing

private let geotiff = TaskType(rawValue: "geotiff")

@Suite(needsDatabase)
struct QueueChangeTests {
    @Test func addsARowAsTheDatasetsOwnerAndPrintsItsID() async throws {
        try await withCommand { test, command in
            let dataset = try await test.addDataset()
            let added = try await command.run("queue", "add", "\(dataset)", "geotiff", "cog", "--priority", "4")
            #expect(added.exitCode == 0)
            let id = try #require(Int64(added.output.trimmingCharacters(in: .newlines)))
            let row = try await test.sql("SELECT user_id, task_types, priority FROM v2_queue WHERE id = $1", [.int(id)])
            #expect(try row[0].get("user_id", as: UUID.self) == TestDatabase.user)
            #expect(try row[0].get("task_types", as: [String].self) == ["geotiff", "cog"])
            #expect(try row[0].get("priority", as: Int.self) == 4)
            let again = try await command.run("queue", "add", "\(dataset)", "thumbnail,metadata", "--json").json
            #expect(again["dataset_id"]?.int == dataset)
            #expect(try #require(again["queue_id"]?.int) > id)
        }
    }

    @Test func anUnknownTaskTypeIsRefusedInOneSentence() async throws {
        try await withCommand { test, command in
            let dataset = try await test.addDataset()
            let refused = try await command.run("queue", "add", "\(dataset)", "geotif")
            #expect(refused.exitCode == 1)
            #expect(refused.output.isEmpty)
            #expect(
                refused.errors.hasPrefix("deadtrees: unknown task type: geotif; known are: odm_processing, geotiff, "))
            #expect(refused.errors.hasSuffix(", aoi_v1, embeddings_v1 [refused]\n"))
            #expect(try await test.sql("SELECT id FROM v2_queue").isEmpty)
        }
    }

    @Test func datasetsThatDoNotExistAreNotFound() async throws {
        try await withCommand { _, command in
            for arguments in [["add", "77", "cog"], ["requeue", "77"], ["history", "77"]] {
                let ended = try await command.run(["queue"] + arguments)
                #expect(ended.exitCode == 1)
                #expect(ended.errors.hasPrefix("deadtrees: dataset 77 does not exist"))
            }
        }
    }

    @Test func requeuesWhatFailed() async throws {
        try await withCommand { test, command in
            let (dataset, row) = try await test.failedRow(types: ["geotiff", "cog"])
            let requeued = try await command.run("queue", "requeue", "\(dataset)", "--json").json
            let id = try #require(requeued["queue_id"]?.int)
            #expect(id > row)
            let types = try await test.sql("SELECT task_types FROM v2_queue WHERE id = $1", [.int(id)])
            #expect(try types[0].get("task_types", as: [String].self) == ["geotiff", "cog"])
            let exactly = try await command.run("queue", "requeue", "\(dataset)", "thumbnail", "--priority", "7")
            #expect(exactly.exitCode == 0)
            let rows = try await test.sql("SELECT task_types, priority FROM v2_queue")
            #expect(rows.count == 1)
            #expect(try rows[0].get("task_types", as: [String].self) == ["thumbnail"])
            #expect(try rows[0].get("priority", as: Int.self) == 7)
        }
    }

    @Test func aDatasetThatRunsIsNotRequeued() async throws {
        try await withCommand { test, command in
            let worker = try await test.addWorker("w", types: [geotiff])
            let dataset = try await test.addDataset()
            _ = try await test.enqueue(dataset, ["geotiff"])
            _ = try await test.queue.claim(for: worker, taskTypes: [geotiff], limit: 1, lease: .seconds(90))
            let refused = try await command.run("queue", "requeue", "\(dataset)")
            #expect(refused.exitCode == 1)
            #expect(
                refused.errors.contains("nothing of dataset \(dataset) has failed or is left to do, or it is running"))
        }
    }

    @Test func cancelsWhatWaitsAndAsksWhatRunsToStop() async throws {
        try await withCommand { test, command in
            let worker = try await test.addWorker("w", types: [geotiff])
            let running = try await test.enqueue(test.addDataset(), ["geotiff"])
            _ = try await test.queue.claim(for: worker, taskTypes: [geotiff], limit: 1, lease: .seconds(90))
            let waiting = try await test.enqueue(test.addDataset(), ["geotiff"])

            let stopped = try await command.run("queue", "cancel", "\(running)", "--json").json
            #expect(stopped["was_running"] == .bool(true))
            let asked = try await test.sql("SELECT queue_id FROM v2_queue_lease WHERE cancel_requested_at IS NOT NULL")
            #expect(try asked.map { try $0.get("queue_id", as: Int64.self) } == [running])

            let removed = try await command.run("queue", "cancel", "\(waiting)")
            #expect(removed.output == "queue row \(waiting) was taken out of the queue\n")
            #expect(try await test.sql("SELECT id FROM v2_queue WHERE id = $1", [.int(waiting)]).isEmpty)
            let again = try await command.run("queue", "cancel", "\(waiting)")
            #expect(again.exitCode == 1)
            #expect(again.errors.contains("queue row \(waiting) is not in the queue"))
        }
    }
}
