import DB
import Foundation
import TestSupport
import Testing

/// Users who ask for the same thing twice, and who change their minds at once.
@Suite(
    .enabled(if: TestDatabase.isAvailable, "DATABASE_URL is not set: run the tests through make test"), .serialized)
struct RacingUsersTests {
    @Test func rowsOfOneDatasetRunOneAfterTheOther() async throws {
        try await Site.checked(["WORKER_CONCURRENCY": "4"]) { site in
            let datasets = try await (0..<4).asyncMap { _ in try await site.test.addDataset() }
            try await site.addBoundingBoxes()
            let workers = try (0..<2).map { try WorkerProcess(site, [], ["WORKER_NAME": "w-\($0)"]) }
            try await withThrowingDiscardingTaskGroup { group in
                for dataset in datasets {
                    for _ in 0..<3 {
                        group.addTask {
                            for _ in 0..<10 { _ = try await site.test.enqueue(dataset, ["metadata"]) }
                        }
                    }
                }
            }
            try await site.untilEmpty()
            // The checker has seen each interval; here only that all were done.
            for dataset in datasets { #expect(try await site.history(dataset).count == 30) }
            for worker in workers { try await site.stop(worker) }
        }
    }

    @Test func insertAndCancelRace() async throws {
        try await Site.checked(["WORKER_CONCURRENCY": "4"]) { site in
            let datasets = try await (0..<40).asyncMap { _ in try await site.test.addDataset() }
            try await site.addBoundingBoxes()
            let workers = try (0..<2).map { try WorkerProcess(site, [], ["WORKER_NAME": "w-\($0)"]) }
            try await waitUntil("both are there") { try await site.test.sql("SELECT FROM v2_workers").count == 2 }
            try await withThrowingDiscardingTaskGroup { group in
                for (number, dataset) in datasets.enumerated() {
                    group.addTask {
                        let row = try await site.test.enqueue(dataset, ["metadata"])
                        // Some at once, some in the middle of their work, some after it.
                        try await Task.sleep(for: .milliseconds(number % 8 * 2))
                        switch number % 3 {
                        case 0: try await site.test.sql("SELECT v2_cancel($1)", [.int(row)])
                        case 1: try await site.test.sql("DELETE FROM v2_queue WHERE id = $1", [.int(row)])
                        default:
                            try await site.test.sql(
                                "UPDATE v2_queue SET is_processing = false WHERE id = $1", [.int(row)])
                        }
                    }
                }
            }
            try await site.untilEmpty()
            let outcomes = try await site.test.sql("SELECT outcome FROM v2_requests").map {
                try $0.get("outcome", as: String.self)
            }
            #expect(outcomes.count == 40)
            #expect(Set(outcomes).isSubset(of: ["succeeded", "canceled"]), "\(outcomes)")
            for worker in workers { try await site.stop(worker) }
        }
    }
}

extension Site {
    /// Waits until no row waits or runs.
    func untilEmpty() async throws {
        try await waitUntil(within: .seconds(60), "the queue is empty") {
            try await test.sql("SELECT FROM v2_queue LIMIT 1").isEmpty
        }
    }
}

extension Sequence {
    fileprivate func asyncMap<Result>(_ transform: (Element) async throws -> Result) async rethrows -> [Result] {
        var results: [Result] = []
        for element in self { try await results.append(transform(element)) }
        return results
    }
}
