import Containers
import DB
import Foundation
import TestSupport
import Testing

/// `kill -9` in the stage that takes a day: its container goes on, the worker's next life takes it up, and the row ends
/// after one ODM run.
@Suite(
    .enabled(if: TestDatabase.isAvailable, "DATABASE_URL is not set: run the tests through make test"),
    .enabled(if: Docker.isAvailable, Docker.whyNot), .serialized)
struct KilledODMWorkerTests {
    @Test func theContainerIsTakenUpAndTheRowEnds() async throws {
        try await Site.checked { site in
            let dataset = try await site.addRawDataset(SimulatedFlight.path())
            let row = try await site.test.enqueue(dataset, ["odm_processing", "geotiff"])
            let engine = try DockerEngine(host: ProcessInfo.processInfo.environment["DOCKER_HOST"] ?? "")
            defer { engine.shutdown() }
            let labels = ["deadtrees.dataset_id": "\(dataset)", "deadtrees.worker": site.worker]
            let first = try WorkerProcess(site)
            try await waitUntil(within: .seconds(60), "ODM runs: \(first.log)") {
                try await engine.list(labels: labels).contains { $0.status == .running }
            }
            first.send(SIGKILL)
            #expect(try await first.exitStatus() == -SIGKILL)
            let container = try await site.test.sql("SELECT container_id FROM v2_queue_lease")[0]
                .get("container_id", as: String.self)

            let second = try WorkerProcess(site)
            try await site.untilGone(row, within: .seconds(120))
            #expect(second.log.contains("taking up a container"))
            #expect(second.log.contains(container))
            #expect(!second.log.contains("ODM started"))
            #expect(
                try await site.history(dataset) == [
                    "odm_processing lost", "odm_processing succeeded", "geotiff succeeded",
                ])
            try await site.stop(second)
            #expect(try await engine.list(labels: labels).isEmpty)
        }
    }
}
