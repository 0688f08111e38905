import DB
import Failures
import Foundation
import Logging
import TestSupport
import Testing

/// A whole worker's life as a login role that is nothing but a member of `deadtrees_worker`.
@Suite(.enabled(if: TestDatabase.isAvailable, "DATABASE_URL is not set: run the tests through make test"))
struct WorkerRoleTests {
    /// Runs `body` with a database and, beside its owner's connection, a queue under a login role of `groups`.
    private func withRole(
        in groups: String = "IN ROLE deadtrees_worker", _ body: (TestDatabase, JobQueue) async throws -> Void
    ) async throws {
        try await TestDatabase.with { test in
            let name = "login_\(UUID().uuidString.lowercased().replacing("-", with: "_"))"
            try await test.sql("CREATE ROLE \(name) LOGIN \(groups)")
            var address = try #require(URLComponents(string: test.url))
            address.user = name
            let database = Database(url: address.string ?? "", connections: 2, logger: Logger(label: "test"))
            let result: Result<Void, any Error>
            do { result = .success(try await body(test, JobQueue(database))) } catch { result = .failure(error) }
            await database.close()
            try await test.sql("DROP ROLE \(name)")
            try result.get()
        }
    }

    private static let chain: [TaskType] = [
        .odm, .geotiff, TaskType(rawValue: "metadata"), .cog, .thumbnail,
    ]

    private static let worker = WorkerIdentity(name: "w", host: "h", version: "test")

    private func claim(_ queue: JobQueue, limit: Int = 1, known: [Int64]? = nil) async throws -> [ClaimedJob] {
        try await queue.claim(
            for: Self.worker, taskTypes: Self.chain, limit: limit, lease: .seconds(90), known: known)
    }

    private func records(of type: TaskType) -> [StageRecord] {
        let ortho = OrthoRecord(
            fileName: "1_ortho.tif", bytes: 5, bbox: "BOX(8 48,10 50)", sha256: "ab", info: "{}", runtime: 1)
        let artefact = ArtefactRecord(fileName: "1", path: "u/1", bytes: 7, info: "{}", runtime: 1.5)
        let images = RawImagesRecord(
            imageCount: 3, bytes: 5, hasRTK: false, rtkPrecision: nil, rtkQuality: nil, rtkFileCount: 0,
            cameraMetadata: "{}", acquired: .init(year: 2023, month: 7, day: 14))
        return switch type {
        case .odm: [.rawImages(images)]
        case .geotiff: [.ortho(ortho), .processedOrtho(ortho)]
        case .cog: [.cog(artefact)]
        case .thumbnail: [.thumbnail(artefact)]
        default: [.metadata(json: "{}", runtime: 1)]
        }
    }

    @Test func runsAChainOfStagesAndWritesEachResultTable() async throws {
        try await withRole { test, queue in
            // Twice: the second request replaces what the first wrote.
            let dataset = try await test.addDataset()
            try await test.sql(
                """
                INSERT INTO v2_raw_images (dataset_id, raw_image_count, raw_image_size_mb, raw_images_path)
                VALUES ($1, 1, 1, 'raw_images/1.zip')
                """, [.int(dataset)])
            try await queue.register(Self.worker, taskTypes: Self.chain)
            for _ in 1...2 {
                let row = try await test.enqueue(dataset, Self.chain.map(\.rawValue))
                let job = try #require(try await claim(queue).first)
                #expect(try await queue.rawImagesPath(of: dataset) == "raw_images/1.zip")
                _ = try await queue.deployment()
                #expect(try await queue.holdSlot(job.token, host: "h"))
                let container = "container-\(row)"
                try await queue.addContainer(container, job.token)
                _ = try await queue.adoptContainer(
                    job.token, id: container, attempt: 1, deadline: 0, on: .test, odmLease: .seconds(9))
                try await queue.requestKill(container: container, because: .stalled)
                #expect(try await queue.odmRun(container: container)?.kill == .stalled)
                try await queue.sawContainers(running: [container], known: [container], engine: "test")
                try await queue.freeSlot(job.token, container: container, exitCode: 0)
                try await queue.endRun(container: container, exitCode: nil)
                _ = try await queue.whatHoldsUp(job.token)
                _ = try await queue.hasWaitingODM(for: [.odm])
                #expect(try await queue.odmFailures(row, codes: ["odm_failed"]) == 0)
                try await queue.refuseODM(Self.worker, because: nil)
                _ = try await queue.storedArtefacts(of: dataset)
                for (place, type) in Self.chain.enumerated() {
                    let next = Self.chain.dropFirst(place + 1).first
                    try await queue.complete(job, type, next: next, records: records(of: type))
                }
                #expect(try await test.outcome(of: row) == "succeeded")
            }
            for table in [
                "v2_raw_images", "v2_orthos", "v2_orthos_processed", "v2_metadata", "v2_cogs", "v2_thumbnails",
            ] {
                #expect(try await test.count(table) == 1, "\(table)")
            }
            #expect(try await test.count("v2_datasets", "aquisition_year = 2023") == 1)
            #expect(try await test.count("v2_task_runs", "outcome = 'succeeded'") == 10)
        }
    }

    @Test func endsRowsInEveryWayAndLooksAfterWhatItHolds() async throws {
        try await withRole { test, queue in
            try await queue.register(Self.worker, taskTypes: Self.chain)
            for _ in 1...5 { _ = try await test.enqueue(test.addDataset(), ["cog"]) }
            let jobs = try await claim(queue, limit: 5)
            #expect(jobs.count == 5)
            #expect(try await queue.beat(Self.worker, running: jobs.map(\.queueID), note: "busy"))
            try await queue.refuse(Self.worker, because: nil)
            let progress = jobs.map { LeaseProgress(token: $0.token, progress: 0.5, note: "half") }
            let renewed = try await queue.renew(
                progress, worker: "w", lease: .seconds(90), odmLease: .seconds(1800))
            #expect(renewed.count == 5)
            let (bad, sentence) = (Failure("bad", "it was bad"), "it was bad")
            try await test.sql("DELETE FROM v2_statuses WHERE dataset_id = $1", [.int(jobs[0].datasetID)])
            try await queue.fail(
                jobs[0].token, datasetID: jobs[0].datasetID, outcome: .failed, failure: bad, sentence: sentence,
                measures: StageMeasures())
            try await queue.retryLater(
                jobs[1].token, datasetID: jobs[1].datasetID, outcome: .failed, failure: bad, sentence: sentence,
                backoff: .seconds(600), measures: StageMeasures())
            try await queue.release(jobs[2].token, datasetID: jobs[2].datasetID)
            try await test.sql("SELECT v2_cancel($1)", [.int(jobs[3].queueID)])
            try await queue.cancel(jobs[3].token, datasetID: jobs[3].datasetID)
            #expect(try await test.count("v2_requests", "outcome IN ('failed', 'canceled')") == 2)
            #expect(try await test.count("v2_statuses", "has_error AND error_message = 'it was bad'") == 1)
            #expect(try await queue.stillInQueue(jobs.map(\.queueID)).count == 3)
            #expect(try await queue.holders().keys.sorted() == [jobs[4].queueID])
            #expect(try await queue.nextBackoff() != nil)
            // The status rows of running work may be deleted; the last job is lost with its process.
            let again = try await claim(queue, limit: 5, known: [])
            #expect(again.filter(\.isTakenOver).map(\.queueID) == [jobs[4].queueID])
            try await queue.leave(Self.worker)
        }
    }

    @Test func sweepsUpdatesBackoffsAndReads() async throws {
        try await withRole { test, queue in
            try await queue.register(Self.worker, taskTypes: Self.chain)
            let row = try await test.enqueue(test.addDataset(), ["cog"])
            try await test.sql("UPDATE v2_deployment SET swept_at = now() - interval '1 hour'")
            try await test.sql("UPDATE v2_queue SET is_processing = true, created_at = now() - interval '1 hour'")
            #expect(try await queue.sweep())
            #expect(try await claim(queue).map(\.queueID) == [row], "swept, and claimed at once")
            #expect(try await queue.timeline(of: row).entry?.state == .running)
            #expect(try await queue.list(limit: 10).rows.count == 1)
            #expect(try await queue.workers().workers.map(\.isAlive) == [true])
            #expect(try await queue.troubles().running == 1)
            #expect(try await queue.workerRights().missing == [])
            let waiting = try await test.enqueue(test.addDataset(uploadDone: false), ["cog"])
            #expect(try await queue.timeline(of: waiting).entry?.why?.hasSuffix("is not done") == true)
            try await test.sql("DELETE FROM v2_queue WHERE id = $1", [.int(row)])
            #expect(try await queue.timeline(of: row).ended?.outcome == "canceled")
        }
    }

    @Test(arguments: [
        "CREATE TABLE mine (id int)", "DROP TABLE v2_queue", "ALTER TABLE v2_queue DISABLE TRIGGER ALL",
        "DELETE FROM v2_task_runs", "DELETE FROM v2_requests", "UPDATE v2_requests SET outcome = 'succeeded'",
        "TRUNCATE v2_task_runs", "TRUNCATE v2_queue", "DELETE FROM v2_workers",
        "INSERT INTO v2_queue (dataset_id, user_id) VALUES (1, gen_random_uuid())",
        "UPDATE v2_queue SET task_types = '{cog}'", "UPDATE v2_queue SET priority = 5",
        "UPDATE v2_datasets SET user_id = gen_random_uuid()", "DELETE FROM v2_datasets", "DELETE FROM v2_statuses",
        "UPDATE v2_gpu_slots SET host = NULL", "INSERT INTO v2_queue_pause (reason) VALUES ('x')",
        "UPDATE v2_deployment SET id = gen_random_uuid()", "INSERT INTO v2_task_types VALUES ('x', 1)",
        "UPDATE v2_schema_migrations SET checksum = ''", "SELECT * FROM auth.users", "SELECT * FROM privileged_users",
        "SELECT * FROM processing_notification_events", "SELECT v2_pause('x')", "SELECT v2_evict('w')",
        "SELECT v2_requeue(1)", "SELECT v2_cancel(1)", "SELECT v2_grant_worker_rights()",
    ])
    func mayNot(_ sql: String) async throws {
        try await withRole { _, queue in
            let error = try await #require(throws: DatabaseError.self) {
                try await queue.database.run(Statement("forbidden", sql))
            }
            #expect(error.sqlState == "42501", "\(error)")
        }
    }

    @Test func aRoleOutsideLacksWhatTheDoctorNames() async throws {
        try await withRole(in: "") { _, queue in
            let rights = try await queue.workerRights()
            #expect(rights.isRoleThere && rights.isGranted)
            #expect(rights.missing.contains("UPDATE on v2_queue"))
            #expect(rights.missing.contains("EXECUTE on v2_claim"))
            #expect(rights.missing.contains("row level security of v2_queue"))
        }
    }

    @Test func whoMayNotMakeRolesMigratesAllTheSame() async throws {
        try await TestDatabase.with { test in
            // As on a server where the role is not there: grants to it fail, and the file must not.
            try await test.sql("REVOKE ALL ON v2_queue_lease FROM deadtrees_worker")
            #expect(try await test.queue.workerRights().isGranted == false)
            try await test.sql("SELECT v2_grant_worker_rights()")
            #expect(try await test.queue.workerRights().isGranted)
        }
    }
}
