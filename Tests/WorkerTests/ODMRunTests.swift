import Containers
import DB
import Foundation
import TestSupport
import Testing

/// What becomes of containers when things go wrong, on a real Docker Engine.
@Suite(
    .enabled(if: TestDatabase.isAvailable, "DATABASE_URL is not set: run the tests through make test"),
    .enabled(if: Docker.isAvailable, Docker.whyNot), .serialized)
struct ODMRunTests {
    /// Ignores SIGTERM and never ends.
    private static let deaf = ["ODM_IMAGE": "deadtrees/test-odm-deaf"]

    private func running(_ site: Site, _ dataset: Int64) async throws -> [ContainerSummary] {
        let engine = try DockerEngine(host: ProcessInfo.processInfo.environment["DOCKER_HOST"] ?? "")
        defer { engine.shutdown() }
        return try await engine.list(labels: ["deadtrees.dataset_id": "\(dataset)", "deadtrees.worker": site.worker])
    }

    private func docker(_ arguments: String...) async throws {
        let end = try await runProgram("/usr/bin/env", ["docker"] + arguments)
        #expect(end.status == 0, "docker \(arguments): \(end.output)")
    }

    /// Enqueues a flight and waits until its container runs.
    private func startODM(_ site: Site, _ worker: WorkerProcess) async throws -> (dataset: Int64, row: Int64) {
        let dataset = try await site.addRawDataset(SimulatedFlight.path())
        let row = try await site.test.enqueue(dataset, ["odm_processing"])
        try await waitUntil(within: .seconds(60), "ODM runs: \(worker.log.suffix(2000))") {
            try await running(site, dataset).contains { $0.status == .running }
        }
        return (dataset, row)
    }

    @Test func aContainerThatOutlivesItsTimeIsKilledAndTheNextRowRuns() async throws {
        try await Site.with(Self.deaf.merging(["ODM_TIMEOUT": "5s"]) { $1 }) { site in
            let worker = try WorkerProcess(site)
            let (dataset, _) = try await startODM(site, worker)
            let next = try await site.test.addDataset()
            try await site.addBoundingBoxes()
            _ = try await site.test.enqueue(next, ["metadata"])
            try await waitUntil(within: .seconds(15), "the container is gone") {
                try await running(site, dataset).isEmpty
            }
            try await waitUntil("the run has ended") { try await site.history(dataset) == ["odm_processing timed_out"] }
            let status = try await site.status(dataset)
            #expect(try status.get("has_error", as: Bool.self))
            #expect(
                try status.get("error_message", as: String.self).contains("the 5 s limit for ODM was reached"))
            try await waitUntil("the next row has been done") { try await site.history(next) == ["metadata succeeded"] }
            #expect(try await site.test.sql("SELECT FROM v2_queue_lease").isEmpty)
            worker.send(SIGTERM)
            #expect(try await worker.exitStatus() == 0)
        }
    }

    @Test func cancelingARowEndsItsContainer() async throws {
        try await Site.with(Self.deaf) { site in
            let worker = try WorkerProcess(site)
            let (dataset, row) = try await startODM(site, worker)
            try await site.test.sql("SELECT v2_cancel($1)", [.int(row)])
            try await waitUntil(within: .seconds(10), "the container is gone") {
                try await running(site, dataset).isEmpty
            }
            try await waitUntil("the history says so") {
                try await site.history(dataset) == ["odm_processing canceled"]
            }
            #expect(try await site.test.sql("SELECT FROM v2_queue").isEmpty)
            worker.send(SIGTERM)
            #expect(try await worker.exitStatus() == 0)
        }
    }

    @Test func deletingARunningRowEndsItsContainer() async throws {
        try await Site.with(Self.deaf) { site in
            let worker = try WorkerProcess(site)
            let (dataset, row) = try await startODM(site, worker)
            try await site.test.sql("DELETE FROM v2_queue WHERE id = $1", [.int(row)])
            try await waitUntil(within: .seconds(10), "the container is gone") {
                try await running(site, dataset).isEmpty
            }
            #expect(try await site.history(dataset) == ["odm_processing canceled"])
            worker.send(SIGTERM)
            #expect(try await worker.exitStatus() == 0)
        }
    }

    @Test(arguments: [SIGTERM, SIGKILL])
    func aRunGoesOnWithoutItsWorkerAndIsTakenUpAgain(_ signal: Int32) async throws {
        try await Site.with(Self.deaf.merging(["SHUTDOWN_GRACE": "0s"]) { $1 }) { site in
            let first = try WorkerProcess(site)
            let (dataset, row) = try await startODM(site, first)
            let container = try await running(site, dataset)[0].id
            try await waitUntil("the container is on record") {
                try await !site.test.sql("SELECT FROM v2_queue_lease WHERE container_id = $1", [.text(container)])
                    .isEmpty
            }
            first.send(signal)
            #expect(try await first.exitStatus(within: .seconds(20)) == (signal == SIGKILL ? -SIGKILL : 0))
            #expect(try await running(site, dataset).map(\.id) == [container])

            let second = try WorkerProcess(site)
            try await waitUntil("the second life has taken the container up") {
                second.log.contains("taking up a container")
            }
            #expect(try await running(site, dataset).map(\.id) == [container])
            try await site.test.sql("SELECT v2_cancel($1)", [.int(row)])
            try await waitUntil("the container is gone") { try await running(site, dataset).isEmpty }
            try await waitUntil("the history says so") {
                try await site.history(dataset).last == "odm_processing canceled"
            }
            second.send(SIGTERM)
            #expect(try await second.exitStatus() == 0)
        }
    }

    @Test func aSecondSignalEndsTheGraceAndLosesNothing() async throws {
        try await Site.with(Self.deaf.merging(["SHUTDOWN_GRACE": "1h"]) { $1 }) { site in
            let worker = try WorkerProcess(site)
            let (dataset, _) = try await startODM(site, worker)
            worker.send(SIGTERM)
            try await waitUntil("it is stopping") { worker.log.contains("stopping") }
            #expect(worker.isRunning)
            worker.send(SIGTERM)
            #expect(try await worker.exitStatus(within: .seconds(15)) == 0)
            #expect(try await running(site, dataset).count == 1)
            let state = try await site.test.sql("SELECT state FROM v2_workers")[0].get("state", as: String.self)
            #expect(state == "stopped")
            for container in try await running(site, dataset) {
                let engine = try DockerEngine(host: ProcessInfo.processInfo.environment["DOCKER_HOST"] ?? "")
                defer { engine.shutdown() }
                try await engine.end(container.id, grace: .zero)
                try await engine.remove(container.id)
            }
        }
    }

    @Test func aRunningRowThatIsPutBackKeepsItsContainer() async throws {
        try await Site.with(Self.deaf) { site in
            let worker = try WorkerProcess(site)
            let (dataset, row) = try await startODM(site, worker)
            let container = try await running(site, dataset)[0].id
            try await waitUntil("the container is on record") {
                try await !site.test.sql("SELECT FROM v2_queue_lease WHERE container_id = $1", [.text(container)])
                    .isEmpty
            }
            try await site.test.sql("UPDATE v2_queue SET is_processing = false WHERE id = $1", [.int(row)])
            try await waitUntil("the new claim has taken the container up: \(worker.log.suffix(2000))") {
                try await !site.test.sql(
                    "SELECT FROM v2_queue_lease WHERE container_id = $1 AND attempt = 2", [.text(container)]
                ).isEmpty
            }
            try await waitUntil("the old claim has ended") { worker.log.contains("claim lost, nothing published") }
            #expect(try await running(site, dataset).map(\.id) == [container])
            #expect(try await site.history(dataset) == ["odm_processing lost", "odm_processing running"])
            try await site.test.sql("SELECT v2_cancel($1)", [.int(row)])
            try await waitUntil("the container is gone") { try await running(site, dataset).isEmpty }
            worker.send(SIGTERM)
            #expect(try await worker.exitStatus() == 0)
        }
    }

    @Test func failuresThatARetryCanHelpAreRetriedThenGivenUp() async throws {
        try await Site.with(["ODM_IMAGE": "deadtrees/test-odm-broken", "MAX_ATTEMPTS": "2"]) { site in
            let dataset = try await site.addRawDataset(SimulatedFlight.path())
            let row = try await site.test.enqueue(dataset, ["odm_processing"])
            #expect(try await WorkerProcess(site, ["--once"]).exitStatus() == 1)
            let waiting = try await site.test.sql(
                "SELECT not_before > now() AS waits, NOT is_processing AS free FROM v2_queue WHERE id = $1", [.int(row)]
            )
            #expect(try waiting[0].get("waits", as: Bool.self))
            #expect(try waiting[0].get("free", as: Bool.self))
            #expect(try await site.status(dataset).get("has_error", as: Bool.self) == false)
            try await site.test.sql("UPDATE v2_queue SET not_before = NULL")
            #expect(try await WorkerProcess(site, ["--once"]).exitStatus() == 1)
            #expect(try await site.history(dataset) == ["odm_processing failed", "odm_processing failed"])
            let message = try await site.status(dataset).get("error_message", as: String.self)
            #expect(message.hasPrefix("odm_processing failed: ODM ran out of memory"))
            #expect(message.hasSuffix("(tried 2 times)"))
        }
    }

    @Test func aHostWithoutTheImageTakesNoODMRowsAndHeals() async throws {
        let image = "deadtrees/test-late-\(UUID().uuidString.prefix(8).lowercased())"
        try await Site.with(["ODM_IMAGE": image, "MAX_ATTEMPTS": "1"]) { site in
            let dataset = try await site.addRawDataset(SimulatedFlight.path())
            let row = try await site.test.enqueue(dataset, ["odm_processing"])
            // Nobody waits for the image then: what is left undone must not look like success.
            #expect(try await WorkerProcess(site, ["--once"]).exitStatus() == 1)
            let worker = try WorkerProcess(site)
            try await waitUntil("the row says why it waits") {
                let why = try await site.test.sql("SELECT v2_why_waiting($1) AS why", [.int(row)])[0]
                return try why.get("why", as: String.self).contains("\(image) is not on this worker's host")
            }
            let refusal = try await site.test.sql("SELECT refuses_odm FROM v2_workers")[0]
            #expect(try refusal.get("refuses_odm", as: String.self).contains(image))
            #expect(try await site.history(dataset).isEmpty)
            try await docker("tag", "deadtrees/orthopreview", image)
            try await waitUntil(within: .seconds(60), "the row runs: \(worker.log.suffix(2000))") {
                try await site.history(dataset) == ["odm_processing succeeded"]
            }
            try await docker("image", "rm", image)
            worker.send(SIGTERM)
            #expect(try await worker.exitStatus() == 0)
        }
    }
}
