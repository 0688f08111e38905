import DB
import Foundation
import TestSupport
import Testing

/// The storage server goes away under a worker, or is not the one that it should be.
@Suite(
    .enabled(if: TestDatabase.isAvailable, "DATABASE_URL is not set: run the tests through make test"),
    .enabled(if: PrivateSSHServer.whyNot == nil, Comment(rawValue: PrivateSSHServer.whyNot ?? "")), .serialized)
struct StorageServerTests {
    /// A site whose files are on that server.
    private func with(_ body: (Site, PrivateSSHServer) async throws -> Void) async throws {
        try await PrivateSSHServer.with { server in
            try await Site.checked { plain in
                var site = plain
                site.settings["STORAGE_URL"] = "sftp://\(server.user)@127.0.0.1:\(server.port)\(site.storage)"
                site.settings["STORAGE_SSH_KEY"] = server.key
                site.settings["STORAGE_KNOWN_HOSTS"] = server.knownHosts
                try await body(site, server)
            }
        }
    }

    /// Many rows may come and go while it is away: none of them is at fault.
    @Test func whileTheServerIsAwayRowsWaitAndLoseNoAttempt() async throws {
        try await with { site, server in
            let worker = try WorkerProcess(site)
            try await waitUntil("the worker runs: \(worker.log)") {
                try await !site.test.sql("SELECT FROM v2_workers WHERE state = 'running'").isEmpty
            }
            server.kill()
            let (dataset, row) = try await site.addOrthoRow(["geotiff"])
            try await waitUntil(within: .seconds(60), "the row is put back: \(worker.log)") {
                try await site.history(dataset).contains("geotiff released")
            }
            let words = try await site.test.sql("SELECT v2_why_waiting($1) AS why", [.int(row)])
            #expect(try words.first?.get("why", as: String.self).contains("storage server") == true)
            try await server.start()
            try await site.untilGone(row, within: .seconds(90))
            let history = try await site.history(dataset)
            #expect(history.last == "geotiff succeeded" && !history.contains("geotiff failed"))
            try await site.stop(worker)
        }
    }

    /// What ODM has computed for a day waits in the scratch folder until it can be stored: it is not computed again.
    @Test(.enabled(if: Docker.isAvailable, Docker.whyNot))
    func anOrthophotoThatCannotBeStoredIsNotComputedAgain() async throws {
        try await with { site, server in
            let dataset = try await site.addRawDataset(SimulatedFlight.path())
            let row = try await site.test.enqueue(dataset, ["odm_processing"])
            let worker = try WorkerProcess(site)
            try await waitUntil(within: .seconds(60), "ODM runs: \(worker.log)") {
                try await !site.test.sql("SELECT FROM v2_odm_runs WHERE started_at IS NOT NULL").isEmpty
            }
            // A server that forbids writing: whatever else is to be stored fails for good then.
            server.kill()
            try server.configure([], "internal-sftp -R")
            try await server.start()
            try await waitUntil(within: .seconds(90), "the row is put back: \(worker.log)") {
                try await site.history(dataset).contains("odm_processing released")
            }
            server.kill()
            try server.configure()
            try await server.start()
            try await site.test.sql("UPDATE v2_queue SET not_before = NULL")
            try await site.untilGone(row, within: .seconds(90))
            #expect(try await site.history(dataset).last == "odm_processing succeeded", "\(worker.log)")
            #expect(try await site.test.sql("SELECT FROM v2_odm_runs").count == 1)
            #expect(FileManager.default.fileExists(atPath: "\(site.storage)/archive/\(dataset)_ortho.tif"))
            try await site.stop(worker)
        }
    }

    @Test func aWorkerDoesNotStartWhereItsServerHasAnotherKey() async throws {
        try await with { site, server in
            let (dataset, _) = try await site.addOrthoRow(["geotiff"])
            try await server.makeKey("other", "-t", "ed25519")
            try server.trust("other")
            let worker = try WorkerProcess(site, ["--once"])
            #expect(try await worker.exitStatus() == 1)
            #expect(worker.log.contains("has another host key than STORAGE_KNOWN_HOSTS says, ssh-ed25519 SHA256:"))
            #expect(worker.log.contains("storage_host_changed"))
            #expect(try await site.history(dataset).isEmpty)
            try await server.makeKey("rsa", "-t", "rsa")
            let other = try WorkerProcess(site, ["--once"], ["STORAGE_SSH_KEY": "\(server.folder)/rsa"])
            #expect(try await other.exitStatus() == 2)
            #expect(other.log.contains("is an RSA key"))
            try await site.test.sql("DELETE FROM v2_queue")
        }
    }
}
