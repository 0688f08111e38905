import DB
import Failures
import TestSupport
import Testing

@Suite(.enabled(if: TestDatabase.isAvailable, "DATABASE_URL is not set: run the tests through make test"))
struct LeaseTests {
    private func renew(_ test: TestDatabase, _ token: LeaseToken, _ progress: Double = 0) async throws -> [RenewedLease]
    {
        try await test.queue.renew(
            [LeaseProgress(token: token, progress: progress, note: "n")], worker: token.worker, lease: .seconds(90),
            odmLease: .seconds(1800))
    }

    /// Seconds that the only lease still holds.
    private func remaining(_ test: TestDatabase) async throws -> Double {
        try await test.sql("SELECT extract(epoch FROM lease_until - now()) AS s FROM v2_queue_lease")[0].get("s")
    }

    @Test func anExpiredClaimIsTakenOverWithAHigherAttempt() async throws {
        try await TestDatabase.with { test in
            let old = try await test.addClaimed(["geotiff", "cog"], by: "old", lease: .milliseconds(-1))
            try await test.queue.complete(old.job, .geotiff, next: .cog)
            let worker = try await test.addWorker("new", types: TestDatabase.everyType)
            let job = try #require(try await test.claim(worker).first)
            #expect(job.queueID == old.job.queueID)
            #expect(job.token.attempt == old.token.attempt + 1)
            #expect(job.isTakenOver)
            #expect(job.stagesDone == [.geotiff])
            let run = "SELECT outcome || ': ' || error FROM v2_task_runs WHERE task_type = 'cog' AND attempt = 1"
            #expect(try await test.text(run) == "lost: the worker old went away")
            #expect(try await test.text("SELECT claimed_by FROM v2_queue") == "new")
            #expect(try await renew(test, old.token).isEmpty)
            #expect(try await test.queue.failedAttempts(job.queueID) == 1)
        }
    }

    @Test func anExpiredClaimThatNobodyTookMayBeRenewed() async throws {
        try await TestDatabase.with { test in
            let claimed = try await test.addClaimed(["geotiff"], lease: .milliseconds(-1))
            #expect(try await renew(test, claimed.token).map(\.queueID) == [claimed.job.queueID])
            let other = try await test.addWorker("other", types: TestDatabase.everyType)
            #expect(try await test.claim(other).isEmpty)
        }
    }

    @Test func aRestartedWorkerTakesItsOwnRowsUpAtOnce() async throws {
        try await TestDatabase.with { test in
            let claimed = try await test.addClaimed(["geotiff"], by: "w")
            let reborn = try await test.addWorker("w", types: TestDatabase.everyType)
            #expect(try await !test.queue.beat(claimed.worker, running: [], note: nil))
            #expect(try await test.claim(claimed.worker).isEmpty)
            #expect(try await test.claim(reborn, known: []).map(\.queueID) == [claimed.job.queueID])
        }
    }

    @Test func aTakenOverODMRunKeepsItsContainerDeadlineAndSlot() async throws {
        try await TestDatabase.with { test in
            let old = try await test.addClaimed(["odm_processing"], by: "old")
            let first = try await test.queue.addContainer(
                "c1", old.token, within: .seconds(3600), lease: .milliseconds(-1))
            #expect(first.deadline.remaining > .seconds(3500) && first.deadline.remaining <= .seconds(3600))
            let worker = try await test.addWorker("new", types: TestDatabase.everyType)
            let job = try #require(try await test.claim(worker).first)
            let kept = "SELECT concat_ws(' ', container_id, gpu_slot) FROM v2_queue_lease"
            #expect(try await test.text(kept) == "c1 gpu0")
            let adopted = try await test.queue.adoptContainer(
                job.token, id: "c1", attempt: 1, deadline: 0, on: .test, odmLease: .seconds(9))
            #expect(adopted.deadline.date == first.deadline.date)
            #expect(
                try await test.text("SELECT deadline_at = (SELECT deadline_at FROM v2_odm_runs) FROM v2_queue_lease")
                    == "true")
        }
    }

    @Test func aStaleTokenWritesNothing() async throws {
        try await TestDatabase.with { test in
            let old = try await test.addClaimed(["odm_processing"], by: "old", lease: .milliseconds(-1))
            let worker = try await test.addWorker("new", types: TestDatabase.everyType)
            #expect(try await test.claim(worker).map(\.queueID) == [old.job.queueID])
            let queue = test.queue
            let (token, dataset) = (old.token, old.job.datasetID)
            let snapshot = try await state(test)
            let attempts: [@Sendable () async throws -> Void] = [
                { try await queue.complete(old.job, .odm) },
                { try await queue.complete(old.job, .odm, records: [.metadata(json: "{}", runtime: 1)]) },
                { try await queue.complete(old.job, .odm, next: .geotiff) },
                { try await queue.finish(token, datasetID: dataset) },
                { try await queue.cancel(token, datasetID: dataset) },
                { try await queue.release(token, datasetID: dataset) },
                { _ = try await queue.planODMRun(token, within: .seconds(1), on: .test) },
                { try await queue.recordContainer(token, run: 1, id: "x", odmLease: .seconds(1)) },
                {
                    _ = try await queue.adoptContainer(
                        token, id: "x", attempt: 1, deadline: 0, on: .test, odmLease: .zero)
                },
                { try await queue.freeSlot(token, container: "x", exitCode: 0) },
                { _ = try await queue.holdSlot(token, host: "h") },
                {
                    try await queue.fail(
                        token, datasetID: dataset, outcome: .failed, failure: Failure("a", "b"), sentence: "b",
                        measures: StageMeasures())
                },
                {
                    try await queue.retryLater(
                        token, datasetID: dataset, outcome: .failed, failure: Failure("a", "b"), sentence: "b",
                        backoff: .zero, measures: StageMeasures())
                },
            ]
            for attempt in attempts {
                let failure = try await #require(throws: Failure.self) { try await attempt() }
                #expect(failure.code == "lease_lost")
            }
            #expect(try await state(test) == snapshot)
        }
    }

    /// All that a claim's writes could change, as one text.
    private func state(_ test: TestDatabase) async throws -> String? {
        try await test.text(
            """
            SELECT jsonb_build_array(
              (SELECT jsonb_agg(to_jsonb(q)) FROM v2_queue q), (SELECT jsonb_agg(to_jsonb(l)) FROM v2_queue_lease l),
              (SELECT jsonb_agg(to_jsonb(r) ORDER BY r.id) FROM v2_task_runs r),
              (SELECT jsonb_agg(to_jsonb(s)) FROM v2_statuses s), (SELECT jsonb_agg(to_jsonb(m)) FROM v2_metadata m),
              (SELECT jsonb_agg(to_jsonb(r)) FROM v2_requests r))
            """)
    }

    @Test func renewingTellsOfACancelRequestAndNeverTurnsProgressBack() async throws {
        try await TestDatabase.with { test in
            let claimed = try await test.addClaimed(["geotiff"], lease: .seconds(5))
            #expect(try await renew(test, claimed.token, 0.5).map(\.isCancelRequested) == [false])
            #expect(try await remaining(test) > 60)
            try await test.sql("SELECT v2_cancel($1)", [.int(claimed.job.queueID)])
            #expect(try await renew(test, claimed.token, 0.25).map(\.isCancelRequested) == [true])
            #expect(try await test.text("SELECT progress FROM v2_queue_lease") == "0.5")
        }
    }

    @Test(arguments: [Double.nan, .infinity, -1, 2]) func oddProgressIsNoReasonToLoseTheClaim(_ value: Double)
        async throws
    {
        try await TestDatabase.with { test in
            let claimed = try await test.addClaimed(["geotiff"])
            #expect(try await renew(test, claimed.token, value).count == 1)
        }
    }

    @Test func theLeaseIsTheLongOneWhileAContainerRuns() async throws {
        try await TestDatabase.with { test in
            let claimed = try await test.addClaimed(["odm_processing"])
            try await test.queue.addContainer("c", claimed.token)
            #expect(try await remaining(test) > 1700)
            _ = try await renew(test, claimed.token)
            #expect(try await remaining(test) > 1700)
            try await test.queue.complete(claimed.job, .odm, next: .geotiff)
            _ = try await renew(test, claimed.token)
            #expect(try await remaining(test) < 100)
        }
    }

    @Test func releasingKeepsAClaimUntilWhatItsContainerMadeIsPublished() async throws {
        try await TestDatabase.with { test in
            let claimed = try await test.addClaimed(["odm_processing", "geotiff"])
            try await test.queue.addContainer("c", claimed.token)
            try await test.queue.release(claimed.token, datasetID: claimed.job.datasetID)
            #expect(try await test.queue.holders().keys.sorted() == [claimed.job.queueID])
            try await test.queue.freeSlot(claimed.token, container: "c", exitCode: 0)
            try await test.queue.release(claimed.token, datasetID: claimed.job.datasetID)
            #expect(try await test.queue.holders().keys.sorted() == [claimed.job.queueID])
            try await test.queue.complete(claimed.job, .odm, next: .geotiff)
            try await test.queue.release(claimed.token, datasetID: claimed.job.datasetID)
            #expect(try await test.queue.holders().keys.sorted().isEmpty)
            #expect(try await test.count("v2_task_runs", "outcome = 'released'") == 2)
            #expect(try await test.queue.failedAttempts(claimed.job.queueID) == 0)
            #expect(try await test.claim(claimed.worker).map(\.queueID) == [claimed.job.queueID])
        }
    }

    @Test func aRetryWaitsForItsBackoffAndCounts() async throws {
        try await TestDatabase.with { test in
            let claimed = try await test.addClaimed(["geotiff"])
            try await test.queue.retryLater(
                claimed.token, datasetID: claimed.job.datasetID, outcome: .timedOut,
                failure: Failure("slow", "too slow"),
                sentence: "geotiff: too slow", backoff: .seconds(600), measures: StageMeasures(exitCode: 124))
            #expect(try await test.claim(claimed.worker).isEmpty)
            let wait = try #require(try await test.queue.nextBackoff())
            #expect(wait > .seconds(590) && wait <= .seconds(600))
            let run = "SELECT concat_ws('|', outcome, error, error_code, exit_code) FROM v2_task_runs"
            #expect(try await test.text(run) == "timed_out|geotiff: too slow|slow|124")
            #expect(try await test.queue.failedAttempts(claimed.job.queueID) == 1)
            #expect(try await test.count("v2_queue_lease") == 0)
            #expect(try await test.count("v2_statuses", "NOT has_error AND current_status = 'idle'") == 1)
        }
    }
}
