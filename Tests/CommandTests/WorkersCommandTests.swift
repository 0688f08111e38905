import DB
import Foundation
import TestSupport
import Testing

private let geotiff = TaskType(rawValue: "geotiff")

@Suite(needsDatabase)
struct WorkersCommandTests {
    @Test func listsWorkersWithWhatTheyRun() async throws {
        try await withCommand { test, command in
            let worker = try await test.addWorker("gpu-1", types: [geotiff])
            _ = try await test.addWorker("gpu-2", types: [geotiff])
            try await test.sql("UPDATE v2_workers SET heartbeat_at = now() - interval '1 hour' WHERE name = 'gpu-2'")
            let dataset = try await test.addDataset()
            let row = try await test.enqueue(dataset, ["geotiff"])
            _ = try await test.queue.claim(for: worker, taskTypes: [geotiff], limit: 1, lease: .seconds(90))
            try await test.sql("UPDATE v2_queue_lease SET stage = 'geotiff', progress = 0.5")

            let workers = try #require(await command.run("workers", "--json").json["workers"]).items
            #expect(workers.map { $0["name"]?.text } == ["gpu-1", "gpu-2"])
            #expect(workers.map { $0["is_alive"] } == [.bool(true), .bool(false)])
            #expect(workers.map { $0["version"]?.text } == ["test", "test"])
            let jobs = try #require(workers[0]["running"]).items
            #expect(jobs.map { $0["queue_id"]?.int } == [row])
            #expect(jobs[0]["stage"]?.text == "geotiff")

            let table = try await command.run("workers")
            #expect(table.exitCode == 0)
            #expect(table.lines.count == 3)
            #expect(table.lines[1].hasSuffix("row \(row) (dataset \(dataset)): geotiff 50 %"))
            #expect(table.lines[2].contains("running, silent"))
            #expect(table.lines[2].contains("(1 h 0 min ago)"))
        }
    }

    @Test func drainStopsAWorkerFromClaimingAndOffLetsItGoOn() async throws {
        try await withCommand { test, command in
            let worker = try await test.addWorker("gpu-1", types: [geotiff])
            _ = try await test.enqueue(test.addDataset(), ["geotiff"])
            #expect(try await command.run("drain", "gpu-1").exitCode == 0)
            #expect(
                try await test.queue.claim(for: worker, taskTypes: [geotiff], limit: 1, lease: .seconds(90)).isEmpty)
            #expect(try await command.run("drain", "gpu-1", "--off").exitCode == 0)
            #expect(
                try await test.queue.claim(for: worker, taskTypes: [geotiff], limit: 1, lease: .seconds(90)).count == 1)
        }
    }

    @Test func drainOfAWorkerThatDoesNotRunSaysSo() async throws {
        try await withCommand { test, command in
            let worker = try await test.addWorker("gpu-1", types: [geotiff])
            try await test.queue.leave(worker)
            let drained = try await command.run("drain", "gpu-1")
            #expect(drained.output == "worker gpu-1 claims nothing more once it runs: at present it does not\n")
            #expect(try await command.run("workers").lines[1].contains("stopped, drained"))
        }
    }

    @Test func aWorkerThatClaimsNothingSaysWhy() async throws {
        try await withCommand { test, command in
            let worker = try await test.addWorker("gpu-1", types: [geotiff])
            try await test.queue.refuse(worker, because: "/work has 3 GiB free")
            #expect(try await command.run("workers").lines[1].contains("running, claims nothing: /work has 3 GiB free"))
            let listed = try #require(await command.run("workers", "--json").json["workers"]).items
            #expect(listed[0]["refuses"]?.text == "/work has 3 GiB free")
            #expect(listed[0]["is_drained"] == .bool(false))
        }
    }

    @Test func aWorkerWhoseHostCannotRunODMSaysWhyAndWhenItsWatchdogLooked() async throws {
        try await withCommand { test, command in
            let worker = try await test.addWorker("gpu-1", types: [geotiff])
            #expect(try await !command.run("workers").output.contains("looked"))
            try await test.queue.refuseODM(worker, because: "the ODM image odm:x is not on this worker's host")
            #expect(try await test.queue.beat(worker, running: [], note: nil, watchdogAge: .seconds(75)))
            let table = try await command.run("workers")
            #expect(table.lines[0].contains(/HEARTBEAT +WATCHDOG +RUNNING/))
            #expect(table.lines[1].contains("running, no ODM: the ODM image odm:x is not on this worker's host  "))
            #expect(table.lines[1].contains(/looked 1 min (1[5-9]|2[0-9]) s ago/))
            let listed = try #require(await command.run("workers", "--json").json["workers"]).items[0]
            #expect(listed["refuses_odm"]?.text == "the ODM image odm:x is not on this worker's host")
            #expect(listed["watchdog_at"]?.text?.hasSuffix("Z") == true)
            #expect(listed["refuses"] == .null)
            try await test.queue.refuseODM(worker, because: nil)
            #expect(try await !command.run("workers").output.contains("no ODM"))
        }
    }

    @Test func evictPutsTheRowsOfALostWorkerBack() async throws {
        try await withCommand { test, command in
            let lost = try await test.addWorker("lost", types: [geotiff])
            let row = try await test.enqueue(test.addDataset(), ["geotiff"])
            _ = try await test.queue.claim(for: lost, taskTypes: [geotiff], limit: 1, lease: .seconds(90))
            let evicted = try await command.run("evict", "lost", "--yes", "--json").json
            #expect(evicted["rows_freed"]?.int == 1)
            let other = try await test.addWorker("other", types: [geotiff])
            let claimed = try await test.queue.claim(for: other, taskTypes: [geotiff], limit: 1, lease: .seconds(90))
            #expect(claimed.map(\.queueID) == [row])
            let listed = try #require(await command.run("workers", "--json").json["workers"]).items
            #expect(listed.first?["state"]?.text == "stopped")
            #expect(try await command.run("workers").lines[1].contains("stopped, evicted by "))
        }
    }

    @Test func workersThatDoNotExistAreNotFound() async throws {
        try await withCommand { _, command in
            for name in ["drain", "evict"] {
                let ended = try await command.run(name, "nobody")
                #expect(ended.exitCode == 1)
                #expect(ended.errors.hasPrefix("deadtrees: no worker is registered as nobody"))
            }
        }
    }

    @Test func aWorkerRunsUnderALoginOfTheRoleForWorkers() async throws {
        try await withCommand { test, command in
            let row = try await test.enqueue(test.addDataset(), ["geotiff"])
            let name = "login_\(UUID().uuidString.lowercased().replacing("-", with: "_"))"
            try await test.sql("CREATE ROLE \(name) LOGIN IN ROLE deadtrees_worker")
            var address = try #require(URLComponents(string: test.url))
            address.user = name
            var command = command
            command.environment["DATABASE_URL"] = address.string
            let ended = try await command.run("worker", "--once", "--only", "geotiff")
            let checks = try await command.run("doctor", "--json").json["checks"]?.items ?? []
            let shown = try await command.run("queue", "show", "\(row)", "--json").json
            try await test.sql("DROP ROLE \(name)")
            // There is nothing in storage: what counts is that it could say so.
            #expect(ended.exitCode == 1, "\(ended.errors)")
            #expect(shown["ended"]?["outcome"]?.text == "failed")
            #expect(shown["ended"]?["error"]?.text?.contains("is not in storage") == true)
            for name in ["rights", "schema", "triggers", "listen"] {
                let check = checks.first { $0["check"]?.text == name }
                #expect(check?["state"]?.text == "ok", "\(name)")
            }
        }
    }
}
