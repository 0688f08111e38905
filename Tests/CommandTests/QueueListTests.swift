import DB
import Foundation
import TestSupport
import Testing

private let geotiff = TaskType(rawValue: "geotiff")

@Suite(needsDatabase)
struct QueueListTests {
    @Test func listsWhatRunsAndThenWhatWaitsInClaimOrder() async throws {
        try await withCommand { test, command in
            let worker = try await test.addWorker("gpu-1", types: [geotiff])
            let running = try await test.enqueue(test.addDataset(), ["geotiff"])
            _ = try await test.queue.claim(for: worker, taskTypes: [geotiff], limit: 1, lease: .seconds(90))
            try await test.sql("UPDATE v2_queue_lease SET stage = 'geotiff', progress = 0.43, note = 'reprojecting'")
            let usual = try await test.enqueue(test.addDataset(), ["geotiff", "cog"])
            let urgent = try await test.enqueue(test.addDataset(), ["geotiff"], priority: 5)

            let json = try await command.run("queue", "list", "--json").json
            let rows = try #require(json["rows"]).items
            #expect(rows.map { $0["queue_id"]?.int } == [running, urgent, usual])
            #expect(rows.map { $0["state"]?.text } == ["running", "waiting", "waiting"])
            #expect(rows.map { $0["position"] } == [.null, .number(1), .number(2)])
            #expect(rows[2]["task_types"] == .list([.text("geotiff"), .text("cog")]))
            #expect(rows[0]["worker"]?.text == "gpu-1")
            #expect(rows[0]["stage"]?.text == "geotiff")
            #expect(json["total"]?.int == 3)
            #expect(json["pause"] == .null)

            let table = try await command.run("queue", "list")
            #expect(table.exitCode == 0)
            #expect(table.lines.count == 4)
            #expect(table.lines[0].hasPrefix("#  ROW  DATASET  TASK TYPES"))
            #expect(table.lines[1].hasSuffix("running on gpu-1: geotiff 43 %, reprojecting"))
        }
    }

    @Test func everyRowHasEveryKeyWhateverItsState() async throws {
        try await withCommand { test, command in
            let worker = try await test.addWorker("gpu-1", types: [geotiff])
            for _ in 0..<2 { _ = try await test.enqueue(test.addDataset(), ["geotiff"]) }
            _ = try await test.queue.claim(for: worker, taskTypes: [geotiff], limit: 1, lease: .seconds(90))
            let rows = try #require(await command.run("queue", "list", "--json").json["rows"]).items
            let keys: Set = [
                "queue_id", "dataset_id", "task_types", "priority", "state", "position", "why", "attempt", "created_at",
                "not_before", "worker", "stage", "progress", "note", "heartbeat_at", "is_silent",
            ]
            #expect(rows.map(\.keys) == [keys, keys])
        }
    }

    @Test func saysWhyARowWaits() async throws {
        try await withCommand { test, command in
            let dataset = try await test.addDataset(uploadDone: false)
            let row = try await test.enqueue(dataset, ["geotiff"])
            let sentence = "the upload of dataset \(dataset) is not done"
            let rows = try #require(await command.run("queue", "list", "--json").json["rows"]).items
            #expect(rows.first?["why"]?.text == sentence)
            #expect(try await command.run("queue", "list").output.contains("waiting: \(sentence)"))
            #expect(try await command.run("queue", "show", "\(row)").output.contains(sentence))
        }
    }

    @Test func saysThatAWorkerIsSilent() async throws {
        try await withCommand { test, command in
            let worker = try await test.addWorker("gpu-1", types: [geotiff])
            _ = try await test.enqueue(test.addDataset(), ["geotiff"])
            _ = try await test.queue.claim(for: worker, taskTypes: [geotiff], limit: 1, lease: .seconds(90))
            try await test.sql("UPDATE v2_queue_lease SET heartbeat_at = now() - interval '12 minutes'")
            #expect(try await command.run("queue", "list").output.contains(", no heartbeat for 12 min "))
        }
    }

    @Test func showsRowsThatAreMarkedAsRunningButHeldByNobody() async throws {
        try await withCommand { test, command in
            _ = try await test.enqueue(test.addDataset(), ["geotiff"])
            try await test.sql("UPDATE v2_queue SET is_processing = true")
            let rows = try #require(await command.run("queue", "list", "--json").json["rows"]).items
            #expect(rows.first?["state"]?.text == "orphaned")
        }
    }

    @Test func listsTheFirstFiftyUnlessAskedForAll() async throws {
        try await withCommand { test, command in
            let dataset = try await test.addDataset()
            try await test.sql(
                """
                INSERT INTO v2_queue (dataset_id, user_id, task_types)
                SELECT $1, $2, '{geotiff}' FROM generate_series(1, 60)
                """, [.int(dataset), .text(TestDatabase.user.uuidString)])
            let short = try await command.run("queue", "list")
            #expect(short.lines.count == 52)
            #expect(short.lines.last == "and 10 more: --all lists them")
            let all = try await command.run("queue", "list", "--all", "--json").json
            let rows = try #require(all["rows"]).items
            #expect(rows.count == 60)
            #expect(rows.map { $0["why"] != .null } == (1...60).map { $0 <= 50 })
        }
    }

    @Test func anEmptyQueueIsSaidInWordsAndInJSON() async throws {
        try await withCommand { _, command in
            let table = try await command.run("queue", "list")
            let json = try await command.run("queue", "list", "--json").json
            #expect(table.output == "the queue is empty\n")
            #expect(json["rows"] == .list([]))
        }
    }

    @Test func aPauseIsSaidUntilItEnds() async throws {
        try await withCommand { test, command in
            #expect(try await command.run("queue", "pause", "disk being replaced").exitCode == 0)
            let paused = try await command.run("queue", "list", "--json").json["pause"]
            #expect(paused?["reason"]?.text == "disk being replaced")
            #expect(try await command.run("queue", "list").lines.first?.hasSuffix("disk being replaced") == true)
            #expect(try await command.run("queue", "resume").exitCode == 0)
            #expect(try await command.run("queue", "list", "--json").json["pause"] == .null)
        }
    }
}
