import Containers
import DB
import Foundation
import TestSupport
import Testing

/// A worker, or its Docker Engine, or both go away while ODM runs. When they are back, what the database has of the run
/// is compared with what the engine has, and each case ends as it should: with one result, or with another attempt.
@Suite(
    .enabled(if: TestDatabase.isAvailable, "DATABASE_URL is not set: run the tests through make test"),
    .enabled(if: Docker.isAvailable, Docker.whyNot),
    .enabled(if: PrivateEngine.isPossible, "an engine of the suite's own needs root, dockerd and containerd"),
    .privateEngine, .serialized)
struct ODMReconcileTests {
    static let well = ["SECONDS": "3"]
    /// Long enough for an engine to be away and back meanwhile.
    static let slow = ["SECONDS": "7"]
    /// A program of ODM's ends with 5 just before the end.
    static let broken = ["SECONDS": "3", "FAULT": "exit", "EXIT": "5", "FAULT_AT": "0.9"]
    /// Never ends by itself.
    static let endless = ["SECONDS": "86400"]

    // MARK: The engine goes away, the worker stays

    @Test(arguments: [SIGKILL, SIGTERM])
    func anEngineThatStopsItsContainersCostsAnAttempt(_ signal: Int32) async throws {
        try await ReconciledRun.with(Self.endless) { run, worker in
            try await run.engine.end(signal)
            try await run.engine.startAgain()
            try await run.changeImage(to: Self.well)
            try await run.untilGone(worker)
            #expect(try await run.outcomes() == ["failed odm_interrupted", "succeeded"])
            #expect(try await run.records("ended_at, exit_code, kill_reason").count == 2)
            try await run.site.stop(worker)
        }
    }

    @Test(arguments: [SIGKILL, SIGTERM])
    func aContainerThatOutlivesItsEngineIsFollowedOn(_ signal: Int32) async throws {
        try await ReconciledRun.with(Self.slow, liveRestore: true) { run, worker in
            let deadline = try await run.deadline()
            let log = try await run.keepEngineLog()
            try await run.engine.end(signal)
            try await run.engine.startAgain()
            #expect(try await run.engine.client.inspect(run.container)?.state.pid == run.pid)
            try await run.untilGone(worker)
            #expect(try await run.outcomes() == ["succeeded"])
            #expect(try await run.records("container_id").map { try $0.get("container_id") } == [run.container])
            #expect(try await run.deadline() == deadline)
            let stored = try String(
                contentsOfFile: "\(run.site.storage)/logs/\(run.dataset)/odm-1.log", encoding: .utf8)
            #expect(stored == (try log()))
            #expect(stored.contains("ODM app finished"))
            try await run.site.stop(worker)
        }
    }

    @Test(arguments: [(well, ["succeeded"], 0), (broken, ["failed odm_failed"], 5)])
    func aRunThatEndsWhileTheEngineIsAwayIsJudgedByWhatItDid(
        _ simulator: [String: String], _ outcomes: [String], _ code: Int
    ) async throws {
        try await ReconciledRun.with(simulator, ["MAX_ATTEMPTS": "1"], liveRestore: true) { run, worker in
            try await run.engine.end(SIGKILL)
            try await run.untilProcessEnds()
            try await run.engine.startAgain()
            try await run.untilGone(worker)
            #expect(try await run.outcomes() == outcomes)
            #expect(try await run.records("exit_code").map { try $0.get("exit_code", as: Int.self) } == [code])
            try await run.site.stop(worker)
        }
    }

    // MARK: Both go away

    @Test func aWorkerThatIsBackFirstWaitsForTheEngineOfItsContainer() async throws {
        try await ReconciledRun.with(Self.well, liveRestore: true) { run, first in
            try await run.engine.end(SIGKILL)
            try await run.kill(first)
            let second = try WorkerProcess(run.site)
            try await waitUntil("the row says what it waits for: \(second.log.suffix(2000))") {
                try await !run.site.test.sql(
                    "SELECT FROM v2_queue_lease WHERE attempt = 2 AND note LIKE 'waiting for the Docker Engine%'"
                ).isEmpty
            }
            try await run.engine.startAgain()
            try await run.untilGone(second)
            #expect(try await run.outcomes() == ["lost", "succeeded"])
            #expect(try await run.records("container_id").map { try $0.get("container_id") } == [run.container])
            try await run.site.stop(second)
        }
    }

    /// An engine reports 255 of a container that went with its host, and 0 when its containerd has lost its metadata.
    @Test(arguments: [false, true])
    func aRunThatWentWithItsHostIsNoSuccessAndIsRunAnew(_ losesMetadata: Bool) async throws {
        try await ReconciledRun.with(Self.well) { run, first in
            try await run.kill(first)
            try await run.engine.restartHost(losesMetadata: losesMetadata)
            #expect(try await run.untilExited() == (losesMetadata ? 0 : 255))
            let second = try WorkerProcess(run.site)
            try await run.untilGone(second)
            #expect(try await run.outcomes() == ["lost", "failed odm_lost", "succeeded"])
            #expect(try await run.records("ended_at").count == 2)
            try await run.site.stop(second)
        }
    }
}

extension ReconciledRun {
    /// Holds on to the engine's own file of the container's output, which goes away with the container.
    /// - Returns: reads all that is in it.
    fileprivate func keepEngineLog() async throws -> () throws -> String {
        struct Line: Decodable { let log: String }
        let path = try await engine.docker("inspect", "--format", "{{.LogPath}}", container)
        let folder = URL(fileURLWithPath: path).deletingLastPathComponent().deletingLastPathComponent()
        let kept = folder.appending(path: "kept-\(container).log").path
        try FileManager.default.linkItem(atPath: path, toPath: kept)
        return {
            try String(contentsOfFile: kept, encoding: .utf8).split(separator: "\n")
                .map { try JSONDecoder().decode(Line.self, from: Data($0.utf8)).log }.joined()
        }
    }
}
