import DB
import Foundation
import TestSupport
import Testing

/// Rows that cannot be run end as failed, once, and the next row runs.
@Suite(
    .enabled(if: TestDatabase.isAvailable, "DATABASE_URL is not set: run the tests through make test"), .serialized)
struct PoisonedRowTests {
    /// As a row that came in before the check, or while triggers were off: types unchecked, readiness unknown.
    private func insertUnchecked(_ test: TestDatabase, _ dataset: Int64, _ types: String?) async throws {
        try await test.sql("ALTER TABLE v2_queue DISABLE TRIGGER USER")
        try await test.sql(
            "INSERT INTO v2_queue (dataset_id, user_id, task_types, priority) VALUES ($1, $2, $3, 5)",
            [.int(dataset), .text(TestDatabase.user.uuidString), .optional(types)])
        try await test.sql("ALTER TABLE v2_queue ENABLE TRIGGER USER")
        // The next claim sweeps, and so finds what no trigger has looked at.
        try await test.sql("UPDATE v2_deployment SET swept_at = 'epoch'")
    }

    @Test(arguments: [
        (nil, "the queue row names no task type"), ("{}", "the queue row names no task type"),
        ("{nonsense}", "names task types that no worker knows: nonsense"),
        ("{metadata,nonsense}", "names task types that no worker knows: nonsense"),
        ("{NULL}", "the queue row names no task type"),
    ])
    func unknownTypesFailOnceAndTheNextRowRuns(_ types: String?, _ sentence: String) async throws {
        try await Site.with { site in
            let bad = try await site.test.addDataset()
            try await insertUnchecked(site.test, bad, types)
            let good = try await site.test.addDataset()
            _ = try await site.test.enqueue(good, ["metadata"])
            try await site.addBoundingBoxes()
            let worker = try WorkerProcess(site, ["--once"])
            #expect(try await worker.exitStatus() == 1)
            let message = try await site.status(bad).getIfPresent("error_message", as: String.self) ?? "none"
            #expect(message.contains(sentence), "\(message)")
            #expect(try await site.history(good) == ["metadata succeeded"])
            let outcomes = try await site.test.sql("SELECT outcome FROM v2_requests ORDER BY queue_id")
            #expect(try outcomes.map { try $0.get("outcome", as: String.self) } == ["failed", "succeeded"])
            #expect(try await site.test.sql("SELECT FROM v2_queue").isEmpty)
        }
    }

    @Test func aDatasetThatIsGoneFailsItsRowOnce() async throws {
        try await Site.with { site in
            // As after a restore that left the foreign keys out.
            try await site.test.sql("ALTER TABLE v2_queue DROP CONSTRAINT v2_queue_dataset_id_fkey")
            let gone = try await site.test.addDataset()
            _ = try await site.test.enqueue(gone, ["metadata"])
            try await site.test.sql("DELETE FROM v2_datasets WHERE id = $1", [.int(gone)])
            let good = try await site.test.addDataset()
            _ = try await site.test.enqueue(good, ["metadata"])
            try await site.addBoundingBoxes()
            #expect(try await WorkerProcess(site, ["--once"]).exitStatus() == 1)
            let outcome = try await site.test.sql("SELECT outcome, error FROM v2_requests ORDER BY queue_id")[0]
            #expect(try outcome.get("outcome", as: String.self) == "failed")
            #expect(try outcome.get("error", as: String.self) == "dataset \(gone) does not exist any more")
            #expect(try await site.history(good) == ["metadata succeeded"])
        }
    }

    @Test func aRowThatIsMarkedAsRunningAndHeldByNobodyIsPutBack() async throws {
        try await Site.with { site in
            let dataset = try await site.test.addDataset()
            let row = try await site.test.enqueue(dataset, ["metadata"])
            try await site.addBoundingBoxes()
            try await site.test.sql(
                "UPDATE v2_queue SET is_processing = true, claimed_at = now() - interval '11 minutes' WHERE id = $1",
                [.int(row)])
            try await site.test.sql("UPDATE v2_deployment SET swept_at = 'epoch'")
            #expect(try await WorkerProcess(site, ["--once"]).exitStatus() == 0)
            #expect(try await site.history(dataset) == ["metadata succeeded"])
        }
    }
}
