import DB
import Foundation
import TestSupport
import Testing

/// Each way in which ODM can end, simulated, through a real worker and a real engine: which code and which sentence
/// come of it, and that nothing is left behind.
@Suite(
    .enabled(if: TestDatabase.isAvailable, "DATABASE_URL is not set: run the tests through make test"),
    .enabled(if: Docker.isAvailable, Docker.whyNot), .serialized)
struct ODMFaultTests {
    /// Site settings for that image.
    private func settings(_ image: String, _ others: [String: String] = [:]) -> [String: String] {
        ["ODM_IMAGE": image, "ODM_MEMORY": "256MiB", "MAX_ATTEMPTS": "1"].merging(others) { $1 }
    }

    @Test(arguments: ODMFaultCase.all)
    func hasItsCodeAndItsSentence(_ fault: ODMFaultCase) async throws {
        let simulator = ["FAULT": fault.name, "SECONDS": "0.5"].merging(fault.simulator) { $1 }
        let image = try await SimulatedODM.image(simulator)
        try await Site.checked(settings(image, fault.settings)) { site in
            let engine = try await EngineLists.now()
            let dataset = try await site.addRawDataset(SimulatedFlight.path())
            _ = try await site.test.enqueue(dataset, ["odm_processing"])
            let worker = try WorkerProcess(site, ["--once"])
            #expect(try await worker.exitStatus() == (fault.code == nil ? 0 : 1), "\(worker.log.suffix(2000))")
            let runs = try await site.test.sql(
                "SELECT outcome, error_code, error FROM v2_task_runs WHERE dataset_id = $1", [.int(dataset)])
            #expect(runs.count == 1)
            let code = try runs[0].getIfPresent("error_code", as: String.self)
            let error = try runs[0].getIfPresent("error", as: String.self)
            #expect(code == fault.code, "\(error ?? "")")
            let message = try await site.status(dataset).getIfPresent("error_message", as: String.self)
            #expect(fault.sentence.map { message?.contains($0) == true } ?? (message == nil), "\(message ?? "")")
            try await expectNothingIsLeft(site, since: engine)
            #expect(FileManager.default.fileExists(atPath: "\(site.storage)/logs/\(dataset)/odm-1.log"))
        }
    }

    @Test func allOfALongLogIsKept() async throws {
        let image = try await SimulatedODM.image(["FAULT": "chatter", "CHATTER": "4000000", "SECONDS": "0.5"])
        try await Site.checked(settings(image)) { site in
            let dataset = try await site.addRawDataset(SimulatedFlight.path())
            _ = try await site.test.enqueue(dataset, ["odm_processing"])
            #expect(try await WorkerProcess(site, ["--once"]).exitStatus() == 0)
            let log = try String(contentsOfFile: "\(site.storage)/logs/\(dataset)/odm-1.log", encoding: .utf8)
            #expect(log.utf8.count > 4_000_000)
            #expect(log.contains("Initializing ODM 3.6.0") && log.contains("ODM app finished"))
        }
    }

    @Test func aDiskThatIsReallyFullIsTriedAgain() async throws {
        guard SmallDisk.whyNot == nil else { return }
        let image = try await SimulatedODM.image(["FAULT": "disk-full", "DISK": "1e12", "SECONDS": "0.5"])
        try await Site.checked(settings(image, ["MAX_ATTEMPTS": "2", "DISK_RESERVE": "0B", "ODM_MEMORY": "3GiB"])) {
            site in
            // Room for the photos; and what a container writes to a disk in memory counts as its memory.
            try await SmallDisk.with(at: site.work, kibibytes: 1_400_000) { disk in
                let dataset = try await site.addRawDataset(SimulatedFlight.path())
                let row = try await site.test.enqueue(dataset, ["odm_processing"])
                #expect(try await WorkerProcess(site, ["--once"]).exitStatus() == 1)
                let run = try await site.test.sql("SELECT error_code, error FROM v2_task_runs")[0]
                let error = try run.getIfPresent("error", as: String.self)
                #expect(try run.getIfPresent("error_code", as: String.self) == "odm_disk_full", "\(error ?? "")")
                #expect(try await site.test.sql("SELECT FROM v2_queue WHERE not_before > now()").count == 1)
                // It waits, and takes no room meanwhile.
                #expect(disk.used < 1000)
                try await site.test.sql("SELECT v2_cancel($1)", [.int(row)])
            }
        }
    }

    @Test func memoryThatDoesNotDoIsFollowedByGentlerFlags() async throws {
        let image = try await SimulatedODM.image(["OOM_UNTIL": "feature-quality=medium", "SECONDS": "0.3"])
        try await Site.checked(settings(image, ["MAX_ATTEMPTS": "5", "ODM_CPUS": "2"])) { site in
            let dataset = try await site.addRawDataset(SimulatedFlight.path())
            let row = try await site.test.enqueue(dataset, ["odm_processing"])
            let worker = try WorkerProcess(site)
            try await waitUntil(within: .seconds(60), "the row has ended: \(worker.log.suffix(2000))") {
                // As if the wait between attempts were over.
                try await site.test.sql("UPDATE v2_queue SET not_before = NULL WHERE not_before IS NOT NULL")
                return try await site.test.sql("SELECT FROM v2_queue WHERE id = $1", [.int(row)]).isEmpty
            }
            let history = try await site.history(dataset)
            #expect(history.last == "odm_processing succeeded")
            #expect(history.count >= 2)
            #expect(history.dropLast().allSatisfy { $0 == "odm_processing failed" })
            try await site.stop(worker)
        }
    }

    private func expectNothingIsLeft(_ site: Site, since before: EngineLists) async throws {
        let after = try await EngineLists.now()
        #expect(after == before)
        #expect(try await site.test.sql("SELECT FROM v2_odm_runs WHERE ended_at IS NULL").isEmpty)
        #expect(try await site.test.sql("SELECT FROM v2_queue_lease").isEmpty)
        #expect(
            try await site.test.sql("SELECT v2_free_gpu_slot('any') AS slot")[0].getIfPresent("slot", as: String.self)
                != nil)
    }
}
