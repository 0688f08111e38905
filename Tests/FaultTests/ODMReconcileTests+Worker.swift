import Containers
import DB
import Foundation
import Logging
import TestSupport
import Testing

@testable import Worker

/// The worker goes away, its engine stays.
extension ODMReconcileTests {
    @Test(arguments: [(well, ["lost", "succeeded"]), (broken, ["lost", "failed odm_failed"])])
    func aRunThatEndsWhileNoWorkerLivesIsFinishedFromItsState(
        _ simulator: [String: String], _ outcomes: [String]
    ) async throws {
        try await ReconciledRun.with(simulator, ["MAX_ATTEMPTS": "1"]) { run, first in
            try await run.kill(first)
            _ = try await run.untilExited()
            let second = try WorkerProcess(run.site)
            try await run.untilGone(second)
            #expect(try await run.outcomes() == outcomes)
            #expect(try await run.records("container_id").map { try $0.get("container_id") } == [run.container])
            try await run.site.stop(second)
        }
    }

    @Test func aContainerThatSomebodyRemovedIsMissedAndTheRunIsDoneAnew() async throws {
        try await ReconciledRun.with(Self.well) { run, first in
            try await run.kill(first)
            try await run.engine.docker("rm", "--force", run.container)
            let second = try WorkerProcess(run.site)
            try await run.untilGone(second)
            #expect(second.log.contains("the container on record is not on this host any more"))
            #expect(try await run.outcomes() == ["lost", "succeeded"])
            #expect(try await run.records("ended_at").count == 2)
            try await run.site.stop(second)
        }
    }

    @Test func aContainerWhoseFolderIsGoneIsKilledAndTheRunIsDoneAnew() async throws {
        try await ReconciledRun.with(Self.endless) { run, first in
            try await run.kill(first)
            try await run.changeImage(to: Self.well)
            try FileManager.default.removeItem(atPath: "\(run.site.work)/\(run.row)-1")
            let second = try WorkerProcess(run.site)
            try await run.untilGone(second)
            #expect(try await run.outcomes() == ["lost", "succeeded"])
            let reasons = try await run.records("coalesce(kill_reason, '') AS why").map {
                try $0.get("why", as: String.self)
            }
            #expect(reasons == ["stale", ""])
            try await run.site.stop(second)
        }
    }

    /// Two containers of one row: the newer one counts.
    @Test func anOlderContainerOfTheRowIsKilledAndRemoved() async throws {
        try await ReconciledRun.with(Self.well) { run, first in
            try await run.kill(first)
            let older = try await run.addOlderContainer()
            let second = try WorkerProcess(run.site)
            try await waitUntil("it is gone: \(second.log.suffix(2000))") {
                try await run.engine.client.inspect(older) == nil
            }
            try await run.untilGone(second)
            #expect(try await run.outcomes() == ["lost", "succeeded"])
            #expect(try await run.records("container_id").map { try $0.get("container_id") } == [run.container])
            try await run.site.stop(second)
        }
    }

    /// While no worker lived, the row was deleted, or was finished as by another host. What every worker looks for all
    /// the time is looked for here with less patience than a minute.
    @Test(arguments: ["deleted", "finished"])
    func aContainerWithoutARowIsKilledAndRemoved(_ fate: String) async throws {
        try await ReconciledRun.with(Self.endless) { run, first in
            try await run.kill(first)
            if fate == "deleted" {
                try await run.site.test.sql("DELETE FROM v2_queue WHERE id = $1", [.int(run.row)])
            } else {
                try await run.finishElsewhere()
            }
            let strays = StrayContainers(
                engine: run.engine.client, queue: run.site.test.queue, logger: Logger(label: "test"),
                interval: .milliseconds(100), patience: .milliseconds(300))
            let looking = Task { await strays.run() }
            defer { looking.cancel() }
            try await waitUntil("the container is gone") { try await run.containers().isEmpty }
            try await waitUntil("its end is on record") {
                try await run.records("coalesce(kill_reason = 'stale' AND ended_at IS NOT NULL, false) AS ended")[0]
                    .get("ended", as: Bool.self)
            }
            // What it wrote is swept by the next worker.
            let second = try WorkerProcess(run.site)
            try await waitUntil("the folder is swept") { QueueChecker.scratchFolders(in: run.site.work).isEmpty }
            try await run.site.stop(second)
        }
    }

    /// As a version wrote it that knew neither `v2_odm_runs` nor launch.json.
    @Test func aContainerOfAnOlderVersionIsTakenUp() async throws {
        try await ReconciledRun.with(Self.well) { run, first in
            try await run.kill(first)
            let deadline = try await run.deadline()
            try await run.site.test.sql("DELETE FROM v2_odm_runs")
            try FileManager.default.removeItem(atPath: "\(run.site.work)/\(run.row)-1/odm/launch.json")
            let second = try WorkerProcess(run.site)
            try await run.untilGone(second)
            #expect(try await run.outcomes() == ["lost", "succeeded"])
            #expect(try await run.records("container_id").map { try $0.get("container_id") } == [run.container])
            // The label has whole seconds.
            #expect(try await abs(run.deadline() - deadline) <= 1)
            try await run.site.stop(second)
        }
    }
}

extension ReconciledRun {
    /// Starts another container of the row, as of an attempt before the first.
    fileprivate func addOlderContainer() async throws -> String {
        let newer = try #require(try await engine.client.inspect(container))
        var spec = ContainerSpec(image: newer.image, command: ["600"])
        spec.entrypoint = ["sleep"]
        spec.labels = newer.labels.merging(["deadtrees.attempt": "0"]) { $1 }
        let id = try await engine.client.create(spec, name: "older-\(row)")
        try await engine.client.start(id)
        return id
    }

    /// Another host, whose engine knows nothing of this one's containers, takes the row over and does it.
    fileprivate func finishElsewhere() async throws {
        let elsewhere = [
            "DOCKER_HOST": ProcessInfo.processInfo.environment["DOCKER_HOST"] ?? "",
            "ODM_IMAGE": try await SimulatedODM.image(["SECONDS": "0.5"]),
        ].merging(site.otherHost) { $1 }
        try await site.endLease(of: row)
        let worker = try WorkerProcess(site, [], elsewhere)
        try await untilGone(worker)
        #expect(try await outcomes() == ["lost", "succeeded"])
        try await site.stop(worker)
    }
}
