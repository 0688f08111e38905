import Containers
import DB
import Foundation
import TestSupport
import Testing

/// However often workers and attempts change: the time that a row has for ODM is the same.
extension ODMReconcileTests {
    /// The label on the container is all that the other worker of the host has to go by.
    @Test func aDeadlineIsKeptByAnotherWorkerWhileTheDatabaseIsAway() async throws {
        try await PrivatePostgres.with { server in
            let test = TestDatabase(url: server.url, connections: 1)
            try await ReconciledRun.with(Self.endless, ["ODM_TIMEOUT": "3s"], on: test) { run, first in
                try await run.kill(first)
                let other = try WorkerProcess(run.site, [], run.site.otherHost)
                try await waitUntil("it works: \(other.log)") { other.log.contains("worker started") }
                try await server.stop()
                _ = try await run.untilExited(within: .seconds(60))
                #expect(other.log.contains("a container is past its deadline and is ended"))
                try await server.startAgain()
                try await run.site.untilServed()
                let second = try WorkerProcess(run.site)
                try await run.untilGone(second)
                #expect(try await run.outcomes() == ["lost", "timed_out odm_timed_out"])
                try await run.site.stop(second, other)
            }
            await test.database.close()
        }
    }

    @Test func oneLimitIsForAllAttemptsTogether() async throws {
        try await ReconciledRun.with(Self.endless, ["ODM_TIMEOUT": "10s"]) { run, worker in
            // The limit is in seconds: some of them have to pass.
            try await waitUntil("the first attempt has run for a while") {
                try await run.records("clock_timestamp() > started_at + interval '4 s' AS old")[0].get("old")
            }
            try await run.engine.docker("stop", run.container)
            try await run.untilGone(worker)
            #expect(try await run.outcomes() == ["failed odm_interrupted", "timed_out odm_timed_out"])
            let records = try await run.records(
                "extract(epoch FROM ended_at - started_at)::float8 AS seconds, coalesce(kill_reason, '') AS why")
            let seconds = try records.map { try $0.get("seconds", as: Double.self) }
            #expect(try records.map { try $0.get("why") } == ["", "deadline"])
            #expect(seconds.allSatisfy { $0 > 0 && $0 < 10 })
            // Its grace of three seconds comes on top, and a busy machine's slowness.
            #expect((9...16).contains(seconds.reduce(0, +)), "\(seconds)")
            try await run.site.stop(worker)
        }
    }

    /// What a container did in time is not held against its deadline when nobody looked until that had passed.
    @Test func anEndInTimeThatIsFoundLateIsJudgedByWhatItDid() async throws {
        try await ReconciledRun.with(Self.broken, ["MAX_ATTEMPTS": "1", "ODM_TIMEOUT": "8s"]) { run, first in
            try await run.kill(first)
            _ = try await run.untilExited()
            try await waitUntil("the deadline has passed") {
                try await run.records("clock_timestamp() > deadline_at AS over")[0].get("over")
            }
            let second = try WorkerProcess(run.site)
            try await run.untilGone(second)
            #expect(try await run.outcomes() == ["lost", "failed odm_failed"])
            let reasons = try await run.records("kill_reason").map {
                try $0.getIfPresent("kill_reason", as: String.self)
            }
            #expect(reasons == [nil])
            try await run.site.stop(second)
        }
    }

    /// Nobody knows when the run was lost, and the time in which the host was off is not the row's.
    @Test func aHostThatIsBackAfterTheDeadlineHasLostARunAndNoTime() async throws {
        try await ReconciledRun.with(Self.endless, ["ODM_TIMEOUT": "9s"]) { run, first in
            try await run.kill(first)
            try await run.changeImage(to: Self.well)
            try await waitUntil("the deadline has passed") {
                try await run.records("clock_timestamp() > deadline_at AS over")[0].get("over")
            }
            try await run.engine.restartHost(losesMetadata: false)
            let second = try WorkerProcess(run.site)
            try await run.untilGone(second)
            #expect(try await run.outcomes() == ["lost", "failed odm_lost", "succeeded"])
            try await run.site.stop(second)
        }
    }
}
