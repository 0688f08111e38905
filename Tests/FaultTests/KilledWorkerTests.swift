import DB
import Foundation
import TestSupport
import Testing

/// `kill -9` of the worker: whatever it was at, a next life or another worker ends the row, once.
@Suite(
    .enabled(if: TestDatabase.isAvailable, "DATABASE_URL is not set: run the tests through make test"), .serialized)
struct KilledWorkerTests {
    private static let types = ["geotiff", "metadata", "cog", "thumbnail"]

    @Test(arguments: ["geotiff", "cog", "thumbnail"])
    func inAStageItsNextLifeDoesTheStageAgain(_ stage: String) async throws {
        try await Site.checked { site in
            var ear = try await StageEar(site, stage)
            let (dataset, row) = try await site.addOrthoRow(Self.types)
            let first = try WorkerProcess(site)
            await ear.next()
            first.send(SIGKILL)
            #expect(try await first.exitStatus() == -SIGKILL)
            #expect(try await site.history(dataset).last == "\(stage) running")

            let second = try WorkerProcess(site)
            try await site.untilGone(row)
            let done = Self.types.prefix { $0 != stage }.map { "\($0) succeeded" }
            let again = Self.types.dropFirst(done.count).map { "\($0) succeeded" }
            #expect(try await site.history(dataset) == done + ["\(stage) lost"] + again)
            try await site.stop(second)
        }
    }

    @Test func inAStageThatTheDatabaseHoldsUp() async throws {
        try await Site.checked { site in
            let (dataset, row) = try await site.addMetadataRow()
            let first = try await whileHolding("LOCK TABLE v2_orthos", in: site.test.url) { _ in
                let first = try WorkerProcess(site)
                try await site.untilOpen("metadata", of: row)
                first.send(SIGKILL)
                #expect(try await first.exitStatus() == -SIGKILL)
                return first
            }
            #expect(!first.log.contains("stage done"))
            let second = try WorkerProcess(site)
            try await site.untilGone(row)
            #expect(try await site.history(dataset) == ["metadata lost", "metadata succeeded"])
            try await site.stop(second)
        }
    }

    @Test func anotherWorkerTakesTheRowOverWhenTheLeaseHasRunOut() async throws {
        try await Site.checked(["POLL_INTERVAL": "1h"]) { site in
            var ear = try await StageEar(site, "geotiff")
            let (dataset, row) = try await site.addOrthoRow(Self.types)
            let first = try WorkerProcess(site)
            await ear.next()
            first.send(SIGKILL)
            #expect(try await first.exitStatus() == -SIGKILL)

            let other = try WorkerProcess(site, [], site.otherHost)
            try await waitUntil("it listens") { try await site.test.isListening("deadtrees listener") }
            #expect(try await site.history(dataset) == ["geotiff running"])
            try await site.untilTakenOver(row)
            try await site.untilGone(row)
            #expect(try await site.history(dataset) == ["geotiff lost"] + Self.types.map { "\($0) succeeded" })
            try await site.stop(other)
            // The scratch folder of its first life is cleared by its next.
            #expect(try await WorkerProcess(site, ["--once"]).exitStatus() == 0)
        }
    }

    /// The stage has done its work, and its result is on the way into the database.
    @Test func betweenAStagesEndAndItsBookkeeping() async throws {
        try await Site.checked { site in
            var ear = try await StageEar(site, "geotiff")
            let (dataset, row) = try await site.addOrthoRow(["geotiff", "thumbnail"])
            let first = try WorkerProcess(site)
            await ear.next()
            let lock = "SELECT FROM v2_queue_lease WHERE queue_id = \(row) FOR UPDATE"
            try await whileHolding(lock, in: site.test.url) { _ in
                try await site.untilBlocked()
                first.send(SIGKILL)
                #expect(try await first.exitStatus() == -SIGKILL)
                // What the dead worker has asked for must not be answered any more.
                try await site.test.sql(
                    """
                    SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity
                    WHERE datname = current_database() AND application_name LIKE 'deadtrees%' AND pid <> pg_backend_pid()
                      AND wait_event_type = 'Lock'
                    """)
            }
            #expect(try await site.history(dataset) == ["geotiff running"])
            let second = try WorkerProcess(site)
            try await site.untilGone(row)
            #expect(
                try await site.history(dataset) == ["geotiff lost", "geotiff succeeded", "thumbnail succeeded"])
            #expect(second.log.contains("stage was done by the attempt before; its result is published"))
            try await site.stop(second)
        }
    }

    /// A row whose workers die of it again and again ends as failed, and the next one runs.
    @Test func aRowThatKillsItsWorkersIsGivenUp() async throws {
        try await Site.checked(["MAX_ATTEMPTS": "2"]) { site in
            var ear = try await StageEar(site, "geotiff")
            let (dataset, row) = try await site.addOrthoRow(["geotiff"])
            for _ in 0..<2 {
                let worker = try WorkerProcess(site)
                await ear.next()
                worker.send(SIGKILL)
                #expect(try await worker.exitStatus() == -SIGKILL)
            }
            let (next, nextRow) = try await site.addMetadataRow()
            let last = try WorkerProcess(site)
            try await site.untilGone(row)
            try await site.untilGone(nextRow)
            #expect(try await site.history(dataset) == ["geotiff lost", "geotiff lost", "geotiff failed"])
            #expect(try await site.status(dataset).get("error_message", as: String.self).contains("went away 2 times"))
            #expect(try await site.history(next) == ["metadata succeeded"])
            try await site.stop(last)
        }
    }
}

extension TestDatabase {
    /// Whether a connection of that name listens, or a listener's is there.
    func isListening(_ applicationName: String) async throws -> Bool {
        try await !sql(
            "SELECT FROM pg_stat_activity WHERE datname = current_database() AND application_name = $1 AND state = 'idle'",
            [.text(applicationName)]
        ).isEmpty
    }
}
