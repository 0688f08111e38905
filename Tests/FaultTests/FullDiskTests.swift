import DB
import Foundation
import TestSupport
import Testing

/// The disk of the scratch folder is full: the row says so and is tried again, and nothing is left to keep it full.
@Suite(
    .enabled(if: TestDatabase.isAvailable, "DATABASE_URL is not set: run the tests through make test"),
    .enabled(if: SmallDisk.whyNot == nil, Comment(rawValue: SmallDisk.whyNot ?? "")), .serialized)
struct FullDiskTests {
    /// Too small for the orthophoto, and for the COG's tiles beside it.
    @Test(arguments: [("geotiff", 1000), ("cog", 2500)])
    func theStageSaysSoAndIsTriedAgain(_ stage: String, _ kibibytes: Int) async throws {
        try await Site.checked(["DISK_RESERVE": "0B"]) { site in
            try await SmallDisk.with(at: site.work, kibibytes: kibibytes) { disk in
                let (dataset, row) = try await site.addOrthoRow([stage])
                let worker = try WorkerProcess(site)
                try await waitUntil("it has failed: \(worker.log)") {
                    try await site.history(dataset) == ["\(stage) failed"]
                }
                let error = try await site.test.sql("SELECT error FROM v2_task_runs")[0].get("error", as: String.self)
                #expect(error.contains("disk") || error.contains("space"), "\(error)")
                #expect(try await site.test.sql("SELECT FROM v2_queue WHERE not_before > now()").count == 1)
                // It waits, and takes no room meanwhile; others go on.
                try await waitUntil("its scratch folder is empty") { disk.used < 100 }
                let (_, other) = try await site.addMetadataRow()
                try await site.untilGone(other)

                try disk.grow(toKibibytes: 100_000)
                try await site.test.sql("UPDATE v2_queue SET not_before = NULL")
                try await site.untilGone(row)
                #expect(try await site.history(dataset) == ["\(stage) failed", "\(stage) succeeded"])
                try await site.stop(worker)
            }
        }
    }

    /// A worker that is short of disk claims nothing, says so, and claims again when there is room.
    @Test func aWorkerShortOfDiskClaimsNothing() async throws {
        try await Site.checked(["DISK_RESERVE": "50MiB"]) { site in
            try await SmallDisk.with(at: site.work, kibibytes: 20_000) { disk in
                let worker = try WorkerProcess(site)
                let (dataset, row) = try await site.addMetadataRow()
                try await waitUntil("it says so: \(worker.log)") {
                    try await !site.test.sql("SELECT FROM v2_workers WHERE refuses LIKE '%free space%'").isEmpty
                }
                #expect(try await site.history(dataset) == [])
                try disk.grow(toKibibytes: 200_000)
                try await site.untilGone(row)
                #expect(try await site.test.sql("SELECT FROM v2_workers WHERE refuses IS NULL").count == 1)
                try await site.stop(worker)
            }
        }
    }
}
