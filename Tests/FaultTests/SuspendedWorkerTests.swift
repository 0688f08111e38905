import DB
import Foundation
import TestSupport
import Testing

/// SIGSTOP past the lease, then SIGCONT: what a virtual machine's pause does. The worker has been replaced, finds that
/// out, publishes nothing and says so.
@Suite(
    .enabled(if: TestDatabase.isAvailable, "DATABASE_URL is not set: run the tests through make test"), .serialized)
struct SuspendedWorkerTests {
    /// Renewed every 3 s.
    private static let shortLease = ["LEASE": "9s"]

    @Test func itFindsThatAnotherHasItsRow() async throws {
        try await Site.checked(Self.shortLease) { site in
            let (dataset, row) = try await site.addMetadataRow()
            let other = try await whileHolding("LOCK TABLE v2_orthos", in: site.test.url) { _ in
                let sleeper = try WorkerProcess(site)
                try await site.untilOpen("metadata", of: row)
                sleeper.send(SIGSTOP)
                let other = try WorkerProcess(site, [], site.otherHost)
                try await site.untilTakenOver(row)
                sleeper.send(SIGCONT)
                try await waitUntil("it says so: \(sleeper.log.suffix(2000))") {
                    sleeper.log.contains("lease lost, stopping the job")
                }
                return (sleeper, other)
            }
            try await site.untilGone(row)
            #expect(try await site.history(dataset) == ["metadata lost", "metadata succeeded"])
            #expect(other.0.log.contains("claim lost, nothing published"), "\(other.0.log.suffix(2000))")
            #expect(!other.0.log.contains("stage done"))
            try await site.stop(other.0, other.1)
            // What it had in its scratch folder is cleared by its next life: at that moment, the row was still wanted.
            #expect(try await WorkerProcess(site, ["--once"]).exitStatus() == 0)
        }
    }

    /// It wakes with its result in hand, after the other has published and the row has gone.
    @Test func itFindsThatItsRowHasEnded() async throws {
        try await Site.checked(Self.shortLease) { site in
            let (dataset, row) = try await site.addMetadataRow()
            let sleeper = try await whileHolding("LOCK TABLE v2_orthos", in: site.test.url) { _ in
                let sleeper = try WorkerProcess(site)
                try await site.untilOpen("metadata", of: row)
                sleeper.send(SIGSTOP)
                return sleeper
            }
            let other = try WorkerProcess(site, [], site.otherHost)
            try await site.untilTakenOver(row)
            try await site.untilGone(row)
            sleeper.send(SIGCONT)
            try await waitUntil("it says so: \(sleeper.log.suffix(2000))") {
                sleeper.log.contains("claim lost, nothing published")
            }
            #expect(try await site.history(dataset) == ["metadata lost", "metadata succeeded"])
            #expect(!sleeper.log.contains("stage done"))
            try await site.stop(sleeper, other)
        }
    }

    /// Nobody wanted its work meanwhile: it renews and goes on.
    @Test func itGoesOnWhereNobodyHasTakenItsRow() async throws {
        try await Site.checked(Self.shortLease) { site in
            let (dataset, row) = try await site.addMetadataRow()
            let sleeper = try await whileHolding("LOCK TABLE v2_orthos", in: site.test.url) { _ in
                let sleeper = try WorkerProcess(site)
                try await site.untilOpen("metadata", of: row)
                sleeper.send(SIGSTOP)
                try await site.endLease(of: row)
                return sleeper
            }
            sleeper.send(SIGCONT)
            try await site.untilGone(row)
            // Its own claim loop may be faster than its lease keeper, and passes over leases of the worker that asks.
            #expect(try await site.history(dataset) == ["metadata succeeded"])
            try await site.stop(sleeper)
        }
    }
}
