import DB
import Foundation
import TestSupport
import Testing

/// Many runs with random faults under a worker that is killed now and then; afterwards nothing may be left: neither on
/// the engine, nor on the disk, nor in the database, nor in the worker.
///
/// `make odm-chaos RUNS=200 SEED=…` runs it at length.
@Suite(
    .enabled(if: TestDatabase.isAvailable, "DATABASE_URL is not set: run the tests through make test"),
    .enabled(if: Docker.isAvailable, Docker.whyNot), .serialized)
struct ODMLeakTests {
    private static let environment = ProcessInfo.processInfo.environment
    private static let runs = environment["ODM_CHAOS_RUNS"].flatMap(Int.init) ?? 15
    /// The pool's sessions come and go with what is asked at a time; a leak in each run would be more.
    private static let spareConnections = 3
    private static let seed = environment["ODM_CHAOS_SEED"].flatMap(UInt64.init) ?? UInt64.random(in: 1...999_999)
    private static let mix = [
        "none:40", "oom-child:6", "oom-child-survived:5", "oom-container:5", "ignore-term:4", "hang:3", "disk-full:5",
        "strange-values:4", "no-overlap:4", "no-orthophoto:3", "broken-orthophoto:3", "no-crs:3", "empty-orthophoto:3",
        "chatter:3", "crash:3", "abort:2", "bad-image:2", "bad-arguments:2", "exit:2", "lost:3",
    ]

    @Test func nothingIsLeftAfterRandomFaults() async throws {
        print("odm-chaos: \(Self.runs) runs, seed \(Self.seed)")
        let image = try await SimulatedODM.image([
            "FAULT": "random", "MIX": Self.mix.joined(separator: ","), "SEED": "\(Self.seed)", "SECONDS": "0.4",
            "DISK": "20000000", "CHATTER": "5000000",
        ])
        let before = try await EngineLists.now()
        try await Site.checked([
            "ODM_IMAGE": image, "ODM_MEMORY": "256MiB", "MAX_ATTEMPTS": "1", "ODM_TIMEOUT": "8s",
            "SHUTDOWN_GRACE": "0s",
        ]) { site in
            var dice = SeededDice(Self.seed)
            let fleet = LeakedWorker(site)
            try await killed(site, fleet, runs: Self.runs / 3, &dice)
            // The first rows of a worker's life fill its pools and caches.
            try await finish(site, fleet, runs: max(3, Self.runs / 10))
            let warm = try await fleet.atRest()
            try await finish(site, fleet, runs: Self.runs - Self.runs / 3 - max(3, Self.runs / 10))
            try await expectNothingIsLeft(site)
            // A worker that was killed between making a container and noting it leaves one that no row knows. Workers
            // remove it once it has been without a claim for a minute.
            try await waitUntil(within: .seconds(150), "the engine is as before: \(fleet.log.suffix(1000))") {
                try await EngineLists.now() == before
            }
            let end = try await fleet.atRest(descriptors: warm.descriptors + Self.spareConnections)
            print("odm-chaos: file descriptors \(warm.descriptors) warm, \(end.descriptors) at the end")
            print("odm-chaos: resident memory \(warm.memory / 1024) MiB warm, \(end.memory / 1024) MiB at the end")
            #expect(end.descriptors <= warm.descriptors + Self.spareConnections)
            // Small arenas come and go; a leak of 100 KiB a run would show in 200 runs, and one of 2 MiB in 10.
            #expect(end.memory < warm.memory + 24 * 1024)
            try await site.stop(try fleet.process)
            try await printFigures(site)
        }
        #expect(try await EngineLists.now() == before)
    }

    /// Runs rows and kills the worker at moments that the seed chooses.
    private func killed(_ site: Site, _ worker: LeakedWorker, runs: Int, _ dice: inout SeededDice) async throws {
        let kills = max(2, runs / 10)
        for part in 0..<kills {
            try worker.start()
            try await enqueue(site, runs / kills + (part < runs % kills ? 1 : 0))
            let moment = dice.share()
            try await waitUntil(within: .seconds(60), "a run is at work: \(worker.log.suffix(1000))") {
                try await site.test.sql("SELECT FROM v2_odm_runs WHERE ended_at IS NULL").count == 1
            }
            // Anywhere from its first line to after its end.
            try await Task.sleep(for: .seconds(moment * 1.5))
            try await worker.kill()
        }
        try worker.start()
        try await untilEmpty(site, worker)
    }

    private func finish(_ site: Site, _ worker: LeakedWorker, runs: Int) async throws {
        try await enqueue(site, runs)
        try await untilEmpty(site, worker)
    }

    private func enqueue(_ site: Site, _ count: Int) async throws {
        for _ in 0..<count {
            let dataset = try await site.addRawDataset(SimulatedFlight.path())
            _ = try await site.test.enqueue(dataset, ["odm_processing"])
        }
    }

    private func untilEmpty(_ site: Site, _ worker: LeakedWorker) async throws {
        try await waitUntil(within: .seconds(20 * Self.runs + 60), "all rows have ended: \(worker.log.suffix(3000))") {
            // As if the wait between attempts were over: a run that was lost with its worker comes again.
            try await site.test.sql("UPDATE v2_queue SET not_before = NULL WHERE not_before IS NOT NULL")
            return try await site.test.sql("SELECT FROM v2_queue").isEmpty
        }
    }

    private func expectNothingIsLeft(_ site: Site) async throws {
        #expect(try await site.test.sql("SELECT FROM v2_queue_lease").isEmpty)
        // One without a container was planned when its worker was killed.
        let open = "SELECT FROM v2_odm_runs WHERE ended_at IS NULL AND container_id IS NOT NULL"
        try await waitUntil(within: .seconds(120), "no container is thought to run") {
            try await site.test.sql(open).isEmpty
        }
        #expect(try await site.test.sql("SELECT FROM v2_task_runs WHERE outcome IS NULL").isEmpty)
        let slot = try await site.test.sql("SELECT v2_free_gpu_slot('any') AS slot")[0]
        #expect(try slot.getIfPresent("slot", as: String.self) != nil)
        try await waitUntil("scratch folders are gone") { QueueChecker.scratchFolders(in: site.work).isEmpty }
    }

    private func printFigures(_ site: Site) async throws {
        let ends = try await site.test.sql(
            """
            SELECT coalesce(error_code, outcome) AS what, count(*)::int AS count FROM v2_task_runs
            GROUP BY 1 ORDER BY 2 DESC, 1
            """)
        let words = try ends.map { "\(try $0.get("what", as: String.self)) \(try $0.get("count", as: Int.self))" }
        print("odm-chaos: \(words.joined(separator: ", "))")
    }
}

/// One worker over many lives, and what it holds.
final class LeakedWorker {
    private let site: Site
    private var lives: [WorkerProcess] = []

    init(_ site: Site) { self.site = site }

    var log: String { lives.last?.log ?? "" }
    var process: WorkerProcess {
        get throws { try #require(lives.last) }
    }

    func start() throws { lives.append(try WorkerProcess(site)) }

    func kill() async throws {
        try process.send(SIGKILL)
        #expect(try await process.exitStatus() == -SIGKILL)
    }

    /// Its open file descriptors and its resident memory in kibibytes, with nothing to do.
    /// - Parameter descriptors: how many there were; connections that are idle too long close later than the last row ends.
    func atRest(descriptors limit: Int? = nil) async throws -> (descriptors: Int, memory: Int) {
        let folder = "/proc/\(try process.pid)"
        var count = 0, calm = 0
        try await waitUntil(within: .seconds(40), "file descriptors are as before: \(limit ?? 0), now \(count)") {
            let now = try FileManager.default.contentsOfDirectory(atPath: "\(folder)/fd").count
            // The same over and over: nothing is being closed any more.
            calm = now == count ? calm + 1 : 0
            count = now
            return limit.map { now <= $0 } ?? (calm > 100)
        }
        let status = try String(contentsOfFile: "\(folder)/status", encoding: .utf8)
        let line = status.split(separator: "\n").first { $0.hasPrefix("VmRSS:") }
        let memory = line?.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
        return (count, memory)
    }
}
