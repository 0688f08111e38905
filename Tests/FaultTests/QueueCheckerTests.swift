import DB
import Foundation
import TestSupport
import Testing

/// The checker finds what it is there for: each rule is broken by hand, once.
@Suite(
    .enabled(if: TestDatabase.isAvailable, "DATABASE_URL is not set: run the tests through make test"), .serialized)
struct QueueCheckerTests {
    /// What is done to a database with one row that a worker has done, and what is to be said of it. `7` is a row that
    /// there is not.
    struct Break: Sendable, CustomTestStringConvertible {
        let sql: String
        let sentence: String
        var testDescription: String { sentence }
        init(_ sentence: String, _ sql: String) { (self.sentence, self.sql) = (sentence, sql) }
    }

    private static let breaks = [
        Break("neither in the queue nor was it removed", "UPDATE chaos.rows SET left_at = NULL"),
        Break("left the queue without an outcome", "DELETE FROM v2_requests"),
        Break(
            "has the outcome failed, and its last run ended as succeeded", "UPDATE v2_requests SET outcome = 'failed'"),
        Break(
            "has failed for want of the database",
            "UPDATE v2_requests SET outcome = 'failed'; UPDATE v2_task_runs SET outcome = 'failed', error_code = 'database_unreachable'"
        ),
        Break("has the outcome succeeded, and not all of", "UPDATE v2_task_runs SET outcome = 'lost'"),
        Break(
            "was never committed",
            """
            INSERT INTO v2_requests (queue_id, dataset_id, user_id, created_at, outcome)
            SELECT 7, 1, gen_random_uuid(), now(), 'succeeded'
            """),
        Break("while the lease of another row lasted", claim("7, dataset_id, 'w-2', instance, 1, NULL, at")),
        Break(
            "was given to row 7",
            claim("7, 99, 'w-2', instance, 1, 'gpu0', at") + "; UPDATE chaos.claims SET gpu_slot = 'gpu0'"),
        Break("came after attempt 1", claim("queue_id, dataset_id, 'w-2', instance, 0, NULL, clock_timestamp()")),
        Break("came after attempt 1", claim("queue_id, dataset_id, 'w-2', instance, 1, NULL, clock_timestamp()")),
        Break("before an earlier run ended", run("7, dataset_id, 'cog', 1, worker, started_at, now(), 'failed'")),
        Break(
            "came after one of attempt 1", run("queue_id, dataset_id, 'cog', 0, worker, now(), now(), 'failed'")),
        Break("has 2 runs of metadata", run("queue_id, dataset_id, task_type, attempt, worker, now(), now(), 'lost'")),
        Break("which never held the lease", run("queue_id, dataset_id, 'cog', 2, 'w-2', now(), now(), 'lost'")),
        Break("is open and the row has no lease", run("queue_id, dataset_id, 'cog', 2, worker, now(), NULL, NULL")),
        Break(
            "stage metadata has succeeded 2 times",
            run("queue_id, dataset_id, task_type, 2, worker, now(), now(), 'succeeded'")),
        Break("and the lease was gone", "UPDATE v2_metadata SET version = 2"),
        Break("which has no succeeded run", "UPDATE chaos.effects SET attempt = 3"),
        Break("was published by a zombie", "UPDATE chaos.effects SET made_in = 1, published_by = 'a zombie'"),
        Break("was published by 2 attempts", effect),
        Break("has succeeded and published nothing", "DELETE FROM chaos.effects"),
        Break("still says cog_processing", "UPDATE v2_statuses SET current_status = 'cog_processing'"),
        Break("is_metadata_done is f", "UPDATE v2_statuses SET is_metadata_done = false"),
        Break("and no row of it has failed", "UPDATE v2_statuses SET has_error = true, error_message = 'x'"),
        Break(
            "is left in the queue",
            "INSERT INTO v2_queue (dataset_id, user_id, task_types) SELECT dataset_id, user_id, task_types FROM v2_requests"
        ),
    ]

    @Test func ofAHealthyHistoryNothingIsSaid() async throws {
        try await Self.withHistory { _, checker in
            let anomalies = try await checker.anomalies()
            #expect(anomalies == [])
        }
    }

    @Test(arguments: breaks)
    func eachRuleIsKept(_ broken: Break) async throws {
        try await Self.withHistory { test, checker in
            for statement in broken.sql.components(separatedBy: "; ") { try await test.sql(statement) }
            let anomalies = try await checker.anomalies()
            #expect(anomalies.contains { $0.contains(broken.sentence) }, "\(anomalies)")
        }
    }

    /// One row that one worker has claimed and done.
    private static func withHistory(_ body: (TestDatabase, QueueChecker) async throws -> Void) async throws {
        try await TestDatabase.with { test in
            let checker = try await QueueChecker.install(in: test.database)
            let metadata = StageKind(type: TaskType(rawValue: "metadata"), status: .metadataProcessing, flag: .metadata)
            let worker = try await test.addWorker("w-1", types: [metadata.type])
            _ = try await test.enqueue(test.addDataset(), ["metadata"])
            let job = try await test.queue.claim(
                for: worker, stages: [metadata], limit: 1, lease: .seconds(90), known: nil)[0]
            let end = StageEnd(
                token: job.token, datasetID: job.datasetID, kind: metadata, measures: StageMeasures(),
                records: [.metadata(json: "{}", runtime: 0)], next: nil)
            let refused = try await test.queue.complete([end])
            #expect(refused == [:])
            try await body(test, checker)
        }
    }

    private static func claim(_ values: String) -> String {
        """
        INSERT INTO chaos.claims (change, queue_id, dataset_id, worker, instance, attempt, gpu_slot, at)
        SELECT change, \(values) FROM chaos.claims WHERE change = 'insert'
        """
    }

    private static func run(_ values: String) -> String {
        """
        INSERT INTO v2_task_runs (queue_id, dataset_id, task_type, attempt, worker, started_at, finished_at, outcome)
        SELECT \(values) FROM v2_task_runs
        """
    }

    private static let effect = """
        INSERT INTO chaos.effects (dataset_id, task_type, published_by, queue_id, worker, attempt)
        SELECT dataset_id, task_type, published_by, queue_id, worker, attempt + 1 FROM chaos.effects
        """
}
