import DB
import Foundation
import TestSupport
import Testing

private let odm = TaskType(rawValue: "odm_processing")

@Suite(needsDatabase)
struct QueueShowTests {
    @Test func showsTheLeaseOfARowThatRuns() async throws {
        try await withCommand { test, command in
            let worker = try await test.addWorker("gpu-1", types: [odm])
            let row = try await test.enqueue(test.addDataset(), ["odm_processing"])
            let jobs = try await test.queue.claim(for: worker, taskTypes: [odm], limit: 1, lease: .seconds(90))
            let token = try #require(jobs.first).token
            #expect(try await test.queue.holdSlot(token, host: "gpu-1"))
            try await test.queue.addContainer("abc123", token)

            let json = try await command.run("queue", "show", "\(row)", "--json").json
            let lease = try #require(json["lease"])
            #expect(lease["worker"]?.text == "gpu-1")
            #expect(lease["container_id"]?.text == "abc123")
            #expect(lease["gpu_slot"]?.text == "gpu0")
            #expect(lease["stage"]?.text == "odm_processing")
            #expect(json["entry"]?["state"]?.text == "running")
            #expect(json["runs"]?.items.map { $0["outcome"] } == [.null])
            #expect(json["log"] == .null)

            let page = try await command.run("queue", "show", "\(row)").output
            #expect(page.contains(/worker +gpu-1 on gpu-1/))
            #expect(page.contains(/deadline +[0-9]{4}-[0-9-]+ [0-9:]+ UTC \(in (23 h 59 min|24 h 0 min)\)/))
            #expect(page.contains(/odm_processing +1 .* running +gpu-1/))
        }
    }

    @Test func showsAllContainersOfARowAndWhyTheyWereEnded() async throws {
        try await withCommand { test, command in
            let worker = try await test.addWorker("gpu-1", types: [odm])
            let row = try await test.enqueue(test.addDataset(), ["odm_processing"])
            let jobs = try await test.queue.claim(for: worker, taskTypes: [odm], limit: 1, lease: .seconds(90))
            let token = try #require(jobs.first).token
            #expect(try await test.queue.holdSlot(token, host: "gpu-1"))
            try await test.queue.addContainer("aaaa56789012345", token)
            try await test.queue.requestKill(container: "aaaa56789012345", because: .disk)
            try await test.queue.endRun(container: "aaaa56789012345", exitCode: 137)
            try await test.queue.addContainer("bbbb56789012345", token)

            let json = try await command.run("queue", "show", "\(row)", "--json").json
            let runs = try #require(json["odm_runs"]).items
            #expect(runs.map { $0["container_id"]?.text } == ["aaaa56789012345", "bbbb56789012345"])
            #expect(runs.map { $0["kill_reason"] } == [.text("disk"), .null])
            #expect(runs.map { $0["exit_code"] } == [.number(137), .null])
            #expect(runs.map { $0["gpu_slot"]?.text } == ["gpu0", "gpu0"])
            #expect(runs[1].keys == runs[0].keys && runs[0]["deadline_at"] != .null)

            let page = try await command.run("queue", "show", "\(row)").output
            #expect(page.contains(/CONTAINER +ATTEMPT +STARTED +DURATION +DEADLINE +END +HOST/))
            #expect(page.contains(/aaaa56789012 +1 .* killed: disk, exit code 137 +/))
            #expect(page.contains(/bbbb56789012 +1 .* \(in (23 h 59 min|24 h 0 min)\) +running +/))
        }
    }

    @Test func showsWhatTheDatasetIsWarnedOf() async throws {
        try await withCommand { test, command in
            let (dataset, row) = try await test.failedRow(types: ["odm_processing"])
            #expect(try await !command.run("queue", "show", "\(row)").output.contains("warnings"))
            try await test.sql(
                """
                INSERT INTO v2_dataset_warnings (dataset_id, task_type, sentences)
                VALUES ($1, 'odm_processing', '{ODM did not use the GPU,3 photos were left out}')
                """, [.int(dataset)])
            for asked in [("show", row), ("history", dataset)] {
                let page = try await command.run("queue", asked.0, "\(asked.1)").output
                #expect(
                    page.contains("\nwarnings:\n  odm_processing: ODM did not use the GPU\n  odm_processing: 3 pho"))
                let json = try await command.run("queue", asked.0, "\(asked.1)", "--json").json
                let warnings = try #require(json["warnings"]).items
                #expect(warnings.map { $0["task_type"]?.text } == ["odm_processing"])
                #expect(warnings[0]["sentences"]?.items.count == 2)
            }
        }
    }

    @Test func showsHowARowEndedThatHasLeftTheQueue() async throws {
        try await withCommand { test, command in
            let (dataset, row) = try await test.failedRow(types: ["odm_processing"])
            let json = try await command.run("queue", "show", "\(row)", "--json").json
            #expect(json["dataset_id"]?.int == dataset)
            #expect(json["entry"] == .null)
            #expect(json["lease"] == .null)
            let runs = try #require(json["runs"]).items
            #expect(runs.map { $0["outcome"]?.text } == ["failed"])
            #expect(runs[0]["error"]?.text == "the photos overlap too little")
            #expect(runs[0]["error_code"]?.text == "odm_no_overlap")
            let page = try await command.run("queue", "show", "\(row)")
            #expect(page.exitCode == 0)
            #expect(json["ended"]?["outcome"]?.text == "failed")
            #expect(json["ended"]?["attempts"]?.int == 1)
            #expect(page.output.contains(/state +left the queue: failed, the photos overlap too little/))
            #expect(page.output.contains(/finished +[0-9]{4}-/))
            #expect(page.output.contains("the photos overlap too little"))
        }
    }

    @Test func showsHowARowEndedThatNeverRan() async throws {
        try await withCommand { test, command in
            let row = try await test.enqueue(test.addDataset(), ["geotiff"])
            #expect(try await command.run("queue", "cancel", "\(row)").exitCode == 0)
            let json = try await command.run("queue", "show", "\(row)", "--json").json
            #expect(json["entry"] == .null)
            #expect(json["ended"]?["outcome"]?.text == "canceled")
            #expect(json["ended"]?["attempts"]?.int == 0)
            let page = try await command.run("queue", "show", "\(row)").output
            #expect(page.contains("left the queue: canceled, canceled on request"))
        }
    }

    @Test func showsTheLastLinesOfAStoredLog() async throws {
        try await withCommand { test, command in
            let (dataset, row) = try await test.failedRow(types: ["odm_processing"])
            try command.store("logs/\(dataset)/odm-1.log", (1...100).map { "line \($0)\n" }.joined())
            let log = try #require(await command.run("queue", "show", "\(row)", "--json").json["log"])
            #expect(log["source"]?.text == "logs/\(dataset)/odm-1.log")
            #expect(log["lines"]?.items.map(\.text) == (81...100).map { "line \($0)" })
        }
    }

    @Test func aRowThatNeverWasIsNotFound() async throws {
        try await withCommand { _, command in
            let ended = try await command.run("queue", "show", "4711")
            #expect(ended.exitCode == 1)
            #expect(ended.errors.hasPrefix("deadtrees: queue row 4711 does not exist"))
        }
    }

    @Test func historyKeepsTheRunsOfAllRowsOfADataset() async throws {
        try await withCommand { test, command in
            let (dataset, first) = try await test.failedRow(types: ["odm_processing"])
            let (_, second) = try await test.failedRow(types: ["odm_processing"], dataset: dataset)
            let json = try await command.run("queue", "history", "\(dataset)", "--json").json
            #expect(json["runs"]?.items.map { $0["queue_id"]?.int } == [first, second])
            let table = try await command.run("queue", "history", "\(dataset)")
            #expect(table.lines.count == 3)
            #expect(table.lines[0].hasPrefix("ROW  STAGE"))
            let other = try await test.addDataset()
            let none = try await command.run("queue", "history", "\(other)")
            #expect(none.output == "nothing was run for dataset \(other) yet\n")
            #expect(none.exitCode == 0)
        }
    }
}
