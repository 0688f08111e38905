import DB
import Foundation
import TestSupport
import Testing

extension Site {
    /// A site whose whole history is checked when `body` has ended: every row has one outcome, no leases of one
    /// dataset or one slot overlap, no stale attempt has published, nothing is left behind.
    static func checked(
        _ settings: [String: String] = [:], on test: TestDatabase? = nil,
        sourceLocation: SourceLocation = #_sourceLocation,
        _ body: (Site) async throws -> Void
    ) async throws {
        let checkedBody = { (site: Site) in
            let checker = try await QueueChecker.install(in: site.test.database)
            try await body(site)
            let left = [site.work, site.otherWork].flatMap(QueueChecker.scratchFolders(in:))
            let anomalies = try await checker.anomalies() + left
            #expect(anomalies == [], sourceLocation: sourceLocation)
        }
        guard let test else { return try await Site.with(settings, checkedBody) }
        try await Site.with(settings, on: test, checkedBody)
    }

    /// Settings of a worker that shares nothing with the others but database and storage.
    var otherHost: [String: String] { ["WORKER_NAME": "w-other", "WORK_DIR": otherWork] }
    var otherWork: String { "\(folder)/other-work" }

    /// A dataset with an orthophoto in storage, and a row for it.
    func addOrthoRow(_ types: [String]) async throws -> (dataset: Int64, row: Int64) {
        let dataset = try await test.addDataset()
        try FileManager.default.createDirectory(atPath: "\(storage)/archive", withIntermediateDirectories: true)
        try FileManager.default.copyItem(
            atPath: SimulatedFlight.truth(), toPath: "\(storage)/archive/\(dataset)_ortho.tif")
        return try await (dataset, test.enqueue(dataset, types))
    }

    /// A dataset whose place is known, and a row that asks for the stage that only looks that up.
    func addMetadataRow() async throws -> (dataset: Int64, row: Int64) {
        let dataset = try await test.addDataset()
        try await addBoundingBoxes()
        return try await (dataset, test.enqueue(dataset, ["metadata"]))
    }

    /// Waits until the stage's run is open.
    /// - Parameter worker: whose log is shown when that does not happen.
    func untilOpen(_ stage: String, of row: Int64, attempt: Int = 1, _ worker: WorkerProcess? = nil) async throws {
        try await waitUntil("a run of \(stage) is open: \(worker?.log ?? "")") {
            try await !test.sql(
                "SELECT FROM v2_task_runs WHERE queue_id = $1 AND task_type = $2 AND attempt = $3 AND outcome IS NULL",
                [.int(row), .text(stage), .int(attempt)]
            ).isEmpty
        }
    }

    /// Waits until the row has left the queue.
    func untilGone(_ row: Int64, within limit: Duration = .seconds(30)) async throws {
        try await waitUntil(within: limit, "row \(row) has left the queue") {
            try await test.sql("SELECT FROM v2_queue WHERE id = $1", [.int(row)]).isEmpty
        }
    }

    /// Waits until a worker waits for a lock of the test's.
    func untilBlocked() async throws {
        try await waitUntil("a worker waits for a lock") {
            try await !test.sql(
                """
                SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'
                  AND application_name = 'deadtrees'
                """
            ).isEmpty
        }
    }

    /// As if the time of the lease had gone by.
    func endLease(of row: Int64) async throws {
        try await test.sql(
            "UPDATE v2_queue_lease SET lease_until = now() - interval '1 s' WHERE queue_id = $1", [.int(row)])
        try await test.sql("NOTIFY v2_queue, 'work'")
    }

    /// Ends the first attempt's lease until a second has begun: what its worker had sent before it was stopped may
    /// have renewed the lease once more.
    func untilTakenOver(_ row: Int64) async throws {
        try await waitUntil("row \(row) has been taken over") {
            try await test.sql(
                "UPDATE v2_queue_lease SET lease_until = now() - interval '1 s' WHERE queue_id = $1 AND attempt = 1",
                [.int(row)])
            try await test.sql("NOTIFY v2_queue, 'work'")
            return try await !test.sql(
                "SELECT FROM v2_task_runs WHERE queue_id = $1 AND attempt = 2", [.int(row)]
            ).isEmpty
        }
    }

    /// Stops workers in good order.
    func stop(_ workers: WorkerProcess...) async throws {
        for worker in workers { worker.send(SIGTERM) }
        for worker in workers {
            #expect(try await worker.exitStatus(within: .seconds(20)) == 0, "\(worker.log.suffix(2000))")
        }
    }
}

/// Hears the stages of a database begin, in the moment in which they do.
struct StageEar {
    private var events: AsyncStream<Listener.Event>.Iterator

    /// - Parameter stage: only this one is told.
    init(_ site: Site, _ stage: String) async throws {
        try await site.test.sql(
            """
            CREATE FUNCTION test_stage_began() RETURNS trigger LANGUAGE plpgsql AS
            $$ BEGIN PERFORM pg_notify('test_stage', ''); RETURN NULL; END $$
            """)
        try await site.test.sql(
            """
            CREATE TRIGGER test_stage_began AFTER INSERT ON v2_task_runs
            FOR EACH ROW WHEN (NEW.task_type = '\(stage)') EXECUTE FUNCTION test_stage_began()
            """)
        events = Listener(database: site.test.database, channels: ["test_stage"]).events().makeAsyncIterator()
        while let event = await events.next(), event != .listening {}
    }

    /// Returns when the stage has begun.
    mutating func next() async {
        while let event = await events.next(), event != .notification(channel: "test_stage") {}
    }
}
