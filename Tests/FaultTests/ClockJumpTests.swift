import DB
import Foundation
import TestSupport
import Testing

/// The host's clock jumps by hours. Leases are judged by the database's clock and by the host's monotonic one, so that
/// nothing happens.
@Suite(
    .enabled(if: TestDatabase.isAvailable, "DATABASE_URL is not set: run the tests through make test"), .serialized)
struct ClockJumpTests {
    @Test(arguments: [2, -2])
    func leasesAreKept(_ hours: Int) async throws {
        try await Site.checked(["LEASE": "9s", "POLL_INTERVAL": "1h"]) { site in
            let clock = "\(site.folder)/clock"
            try set(clock, 0)
            let (dataset, row) = try await site.addMetadataRow()
            let (worker, other) = try await whileHolding("LOCK TABLE v2_orthos", in: site.test.url) { _ in
                let worker = try WorkerProcess(
                    site, [], ["LD_PRELOAD": BuiltProducts.path("libClockJump.so"), "CLOCK_JUMP_FILE": clock])
                try await site.untilOpen("metadata", of: row)
                let other = try WorkerProcess(site, [], site.otherHost)
                try set(clock, hours * 3600)
                let jump = try await now(site)
                // Two renewals after the jump, and more time than a lease lasts.
                try await waitUntil("the lease is kept: \(worker.log)") {
                    try await !site.test.sql(
                        "SELECT FROM v2_queue_lease WHERE heartbeat_at > $1::timestamptz + interval '9 s'",
                        [.text(jump)]
                    ).isEmpty
                }
                return (worker, other)
            }
            try await site.untilGone(row)
            #expect(try await site.history(dataset) == ["metadata succeeded"])
            // The log is the host's business, and proves that its clock had jumped. An hour may just have ended.
            let told = [0, -60].map { Date().addingTimeInterval(Double(hours) * 3600 + $0).formatted(.iso8601) }
            #expect(told.contains { worker.log.contains($0.prefix(13)) }, "\(worker.log)")
            let strange = "SELECT FROM v2_task_runs WHERE abs(extract(epoch FROM now() - started_at)) > 600"
            #expect(try await site.test.sql(strange).isEmpty)
            try await site.stop(worker, other)
        }
    }

    private func now(_ site: Site) async throws -> String {
        try await site.test.sql("SELECT clock_timestamp()::text AS now")[0].get("now")
    }

    private func set(_ path: String, _ seconds: Int) throws {
        try Data("\(seconds)\n".utf8).write(to: URL(fileURLWithPath: path))
    }
}
