import DB
import Foundation
import TestSupport
import Testing

/// NOTIFYs that never come: the poll finds what they would have told.
@Suite(
    .enabled(if: TestDatabase.isAvailable, "DATABASE_URL is not set: run the tests through make test"), .serialized)
struct LostNotificationTests {
    private static let oftenPolled = ["POLL_INTERVAL": "1s", "LEASE": "9s"]

    @Test func rowsAreFoundByThePoll() async throws {
        try await Site.checked(Self.oftenPolled) { site in
            let worker = try await silentSite(site)
            let (dataset, row) = try await site.addMetadataRow()
            try await site.untilGone(row, within: .seconds(10))
            #expect(try await site.history(dataset) == ["metadata succeeded"])
            try await site.stop(worker)
        }
    }

    @Test func aCancelIsFoundByTheHeartbeat() async throws {
        try await Site.checked(Self.oftenPolled) { site in
            let worker = try await silentSite(site)
            let (dataset, row) = try await site.addOrthoRow(["geotiff"])
            try await waitUntil("a child works") { worker.stopChild() }
            try await site.test.sql("SELECT v2_cancel($1)", [.int(row)])
            try await site.untilGone(row, within: .seconds(10))
            #expect(try await site.history(dataset) == ["geotiff canceled"])
            try await site.stop(worker)
        }
    }

    @Test func aDeletedRowIsFoundByTheHeartbeat() async throws {
        try await Site.checked(Self.oftenPolled) { site in
            let worker = try await silentSite(site)
            let (dataset, row) = try await site.addOrthoRow(["geotiff"])
            try await waitUntil("a child works") { worker.stopChild() }
            try await site.test.sql("DELETE FROM v2_queue WHERE id = $1", [.int(row)])
            try await waitUntil(within: .seconds(10), "the job has stopped") {
                worker.log.contains("claim lost, nothing published")
            }
            #expect(try await site.history(dataset) == ["geotiff canceled"])
            try await site.stop(worker)
        }
    }

    /// An idle worker, on a database that tells nothing any more.
    private func silentSite(_ site: Site) async throws -> WorkerProcess {
        let worker = try WorkerProcess(site)
        try await waitUntil("it listens") { try await site.test.isListening("deadtrees listener") }
        // In place of the function that tells: one that is found first and does nothing cannot be had, so the
        // triggers go that call it.
        let triggers = try await site.test.sql(
            """
            SELECT format('DROP TRIGGER %I ON %s', t.tgname, t.tgrelid::regclass) AS statement FROM pg_trigger t
            JOIN pg_proc p ON p.oid = t.tgfoid
            WHERE NOT t.tgisinternal AND p.prosrc LIKE '%pg_notify%' AND p.prosrc NOT LIKE '%UPDATE %'
            """)
        #expect(triggers.count >= 5)
        for trigger in triggers { try await site.test.sql(trigger.get("statement")) }
        return worker
    }
}
