import DB
import Foundation
import TestSupport
import Testing

/// Real worker processes on one queue.
@Suite(
    .enabled(if: TestDatabase.isAvailable, "DATABASE_URL is not set: run the tests through make test"), .serialized)
struct QueueSharingTests {
    @Test func twoWorkersDoTwoHundredRowsOnceEach() async throws {
        try await Site.with(["WORKER_CONCURRENCY": "4"]) { site in
            for _ in 0..<200 { _ = try await site.test.enqueue(site.test.addDataset(), ["metadata"]) }
            try await site.addBoundingBoxes()
            // One name for both, as on a host where nobody has set one.
            let workers = try (0..<2).map { _ in try WorkerProcess(site, ["--once"]) }
            for worker in workers { #expect(try await worker.exitStatus() == 0, "\(worker.log.suffix(2000))") }
            let counts = try await site.test.sql(
                """
                SELECT count(*) AS runs, count(DISTINCT dataset_id) AS datasets, count(DISTINCT worker) AS workers,
                  count(*) FILTER (WHERE outcome = 'succeeded') AS succeeded FROM v2_task_runs
                """)[0]
            #expect(try counts.get("runs", as: Int.self) == 200)
            #expect(try counts.get("datasets", as: Int.self) == 200)
            #expect(try counts.get("succeeded", as: Int.self) == 200)
            #expect(try counts.get("workers", as: Int.self) == 2)
        }
    }

    @Test func aRowThatFailsSaysWhyAndTheNextOneRuns() async throws {
        try await Site.with { site in
            let bad = try await site.test.addDataset()
            _ = try await site.test.enqueue(bad, ["geotiff"], priority: 5)
            let good = try await site.test.addDataset()
            _ = try await site.test.enqueue(good, ["metadata"])
            try await site.addBoundingBoxes()
            let worker = try WorkerProcess(site, ["--once"])
            #expect(try await worker.exitStatus() == 1)
            let status = try await site.status(bad)
            #expect(try status.get("has_error", as: Bool.self))
            #expect(
                try status.get("error_message", as: String.self)
                    == "geotiff failed: archive/\(bad)_ortho.tif is not in storage; upload it again")
            #expect(try await site.history(good) == ["metadata succeeded"])
            #expect(try await site.test.sql("SELECT id FROM v2_queue").isEmpty)
        }
    }

    @Test func anIdleWorkerIsWokenByAnInsertAndStopsOnSIGTERM() async throws {
        // A poll would come far too late to be what is seen here.
        try await Site.with(["POLL_INTERVAL": "1h"]) { site in
            let worker = try WorkerProcess(site)
            try await waitUntil("the worker has registered") {
                try await !site.test.sql("SELECT FROM v2_workers WHERE state = 'running'").isEmpty
            }
            let dataset = try await site.test.addDataset()
            try await site.addBoundingBoxes()
            _ = try await site.test.enqueue(dataset, ["metadata"])
            try await waitUntil("the row has been done") { try await site.history(dataset) == ["metadata succeeded"] }
            worker.send(SIGTERM)
            #expect(try await worker.exitStatus(within: .seconds(10)) == 0)
            let states = try await site.test.sql("SELECT state FROM v2_workers").map {
                try $0.get("state", as: String.self)
            }
            #expect(states == ["stopped"])
        }
    }

    @Test func withoutADatabaseOnceEndsAndSaysSo() async throws {
        try await Site.with(["DATABASE_URL": "postgres://nobody:secret@127.0.0.1:1/none"]) { site in
            let worker = try WorkerProcess(site, ["--once"])
            #expect(try await worker.exitStatus() == 69)
            #expect(worker.log.contains("the database cannot be reached"))
            #expect(!worker.log.contains("secret"))
        }
    }

    @Test func aHostShortOfDiskClaimsNothingAndSaysSo() async throws {
        try await Site.with(["DISK_RESERVE": "900000GiB"]) { site in
            let dataset = try await site.test.addDataset()
            let row = try await site.test.enqueue(dataset, ["metadata"])
            try FileManager.default.createDirectory(atPath: site.work, withIntermediateDirectories: true)
            #expect(try await WorkerProcess(site, ["--once"]).exitStatus() == 1)
            #expect(try await site.history(dataset).isEmpty)
            let worker = try WorkerProcess(site)
            try await waitUntil("the reason is given") {
                let why = try await site.test.sql("SELECT v2_why_waiting($1) AS why", [.int(row)])
                return try why[0].getIfPresent("why", as: String.self)?.contains("DISK_RESERVE") ?? false
            }
            worker.send(SIGTERM)
            #expect(try await worker.exitStatus() == 0)
        }
    }

    @Test func onlyAndExceptLimitWhatAWorkerTakes() async throws {
        try await Site.with { site in
            let dataset = try await site.test.addDataset()
            _ = try await site.test.enqueue(dataset, ["metadata"])
            try await site.addBoundingBoxes()
            #expect(try await WorkerProcess(site, ["--once", "--only", "geotiff"]).exitStatus() == 0)
            #expect(try await WorkerProcess(site, ["--once", "--except", "metadata"]).exitStatus() == 0)
            #expect(try await site.history(dataset).isEmpty)
            #expect(try await WorkerProcess(site, ["--once", "--only", "metadata,geotiff"]).exitStatus() == 0)
            #expect(try await site.history(dataset) == ["metadata succeeded"])
            #expect(try await WorkerProcess(site, ["--once", "--only", "cogg"]).exitStatus() == 2)
        }
    }
}
