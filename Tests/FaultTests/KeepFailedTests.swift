import DB
import Foundation
import TestSupport
import Testing

/// `KEEP_FAILED`: what rows that failed for good leave behind.
@Suite(
    .enabled(if: TestDatabase.isAvailable, "DATABASE_URL is not set: run the tests through make test"), .serialized)
struct KeepFailedTests {
    /// A row whose orthophoto is none.
    private func addBrokenRow(_ site: Site) async throws -> (dataset: Int64, row: Int64) {
        let (dataset, row) = try await site.addOrthoRow(["geotiff"])
        try Data("this is no raster".utf8)
            .write(to: URL(fileURLWithPath: "\(site.storage)/archive/\(dataset)_ortho.tif"))
        return (dataset, row)
    }

    private func names(_ folder: String) -> [String] {
        // A folder that is not there has nothing in it.
        ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).filter { !$0.hasPrefix(".") }.sorted()
    }

    @Test func theFolderStaysUntilItsTimeIsOverAndIsInNobodysWay() async throws {
        try await Site.with(["KEEP_FAILED": "1h"]) { site in
            let (dataset, row) = try await addBrokenRow(site)
            #expect(try await WorkerProcess(site, ["--once"]).exitStatus() == 1)
            #expect(names(site.work).contains("\(row)-1"))
            let mark = "\(site.work)/\(row)-1/failed.json"
            #expect(try String(contentsOfFile: mark, encoding: .utf8).contains("\"sentence\" : \"geotiff failed: "))
            #expect(names("\(site.work)/\(row)-1").count > 1)

            // The dataset comes again, and a worker that starts does not take the folder for a left-over.
            try FileManager.default.removeItem(atPath: "\(site.storage)/archive/\(dataset)_ortho.tif")
            try FileManager.default.copyItem(
                atPath: SimulatedFlight.truth(), toPath: "\(site.storage)/archive/\(dataset)_ortho.tif")
            let again = try await site.test.enqueue(dataset, ["geotiff"])
            let worker = try WorkerProcess(site)
            try await site.untilGone(again)
            try await waitUntil("its own folder is gone: \(worker.log)") { !names(site.work).contains("\(again)-1") }
            #expect(try await site.history(dataset) == ["geotiff failed", "geotiff succeeded"])
            #expect(names(site.work).contains("\(row)-1"))
            try await site.stop(worker)

            // An hour later.
            let old = #"{"failedAt": "2020-01-01T00:00:00Z", "code": "x", "sentence": "x"}"#
            try Data(old.utf8).write(to: URL(fileURLWithPath: mark))
            let later = try WorkerProcess(site)
            try await waitUntil("it is swept: \(later.log)") { !names(site.work).contains("\(row)-1") }
            try await site.stop(later)
        }
    }

    @Test func zeroKeepsNothing() async throws {
        try await Site.with(["KEEP_FAILED": "0s"]) { site in
            let (_, row) = try await addBrokenRow(site)
            #expect(try await WorkerProcess(site, ["--once"]).exitStatus() == 1)
            #expect(!names(site.work).contains("\(row)-1"))
        }
    }

    @Test(.enabled(if: SmallDisk.whyNot == nil, Comment(rawValue: SmallDisk.whyNot ?? "")))
    func aWorkerThatIsShortOfDiskTakesTheOldestFirst() async throws {
        try await Site.with(["KEEP_FAILED": "1h", "DISK_RESERVE": "50MiB"]) { site in
            try await SmallDisk.with(at: site.work, kibibytes: 80_000) { _ in
                for (row, day) in [(900_001, "02"), (900_002, "01")] {
                    let folder = "\(site.work)/\(row)-1"
                    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
                    try Data(count: 20_000_000).write(to: URL(fileURLWithPath: "\(folder)/raw.zip"))
                    let mark = #"{"failedAt": "2999-01-\#(day)T00:00:00Z", "code": "x", "sentence": "x"}"#
                    try Data(mark.utf8).write(to: URL(fileURLWithPath: "\(folder)/failed.json"))
                }
                let (dataset, row) = try await site.addMetadataRow()
                let worker = try WorkerProcess(site)
                try await site.untilGone(row)
                #expect(try await site.history(dataset) == ["metadata succeeded"])
                #expect(names(site.work).contains("900001-1") && !names(site.work).contains("900002-1"))
                try await site.stop(worker)
            }
        }
    }
}
