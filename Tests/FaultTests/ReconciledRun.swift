import Containers
import DB
import Foundation
import TestSupport
import Testing

/// An ODM run on the suite's own engine, from its start to the end of its row.
struct ReconciledRun {
    let site: Site
    let engine: PrivateEngine
    private let deployment: String
    let dataset: Int64
    let row: Int64
    /// The first one of the row.
    let container: String
    /// Of the container's first process.
    let pid: Int32

    /// Runs `body` with a worker that has just started ODM, and checks the site's whole history afterwards.
    /// - Parameter simulator: `ODM_SIM_…` without the beginning.
    static func with(
        _ simulator: [String: String], _ settings: [String: String] = [:], liveRestore: Bool = false,
        on test: TestDatabase? = nil, _ body: (ReconciledRun, WorkerProcess) async throws -> Void
    ) async throws {
        let engine = try #require(PrivateEngine.current)
        try await engine.setLiveRestore(liveRestore)
        let own = [
            "DOCKER_HOST": engine.host, "ODM_IMAGE": try await engine.image(simulator), "ODM_MEMORY": "256MiB",
            "SHUTDOWN_GRACE": "0s", "MAX_ATTEMPTS": "3", "POLL_INTERVAL": "1s",
        ]
        try await Site.checked(own.merging(settings) { $1 }, on: test) { site in
            let dataset = try await site.addRawDataset(SimulatedFlight.path())
            let row = try await site.test.enqueue(dataset, ["odm_processing"])
            let worker = try WorkerProcess(site)
            let run = try await ReconciledRun(site, engine, dataset, row, worker)
            do { try await body(run, worker) } catch {
                try await run.removeContainers()
                throw error
            }
            #expect(try await run.containers().isEmpty)
            try await run.removeContainers()
        }
    }

    private init(
        _ site: Site, _ engine: PrivateEngine, _ dataset: Int64, _ row: Int64, _ worker: WorkerProcess
    ) async throws {
        var container: String?
        try await waitUntil(within: .seconds(60), "ODM runs: \(worker.log.suffix(2000))") {
            let lease = try await site.test.sql(
                "SELECT container_id FROM v2_queue_lease WHERE queue_id = $1", [.int(row)])
            container = try lease.first?.getIfPresent("container_id", as: String.self)
            guard let container else { return false }
            return try await engine.client.inspect(container)?.state.status == .running
        }
        let id = try #require(container)
        (self.site, self.engine, self.dataset, self.row, self.container) = (site, engine, dataset, row, id)
        deployment = try await site.test.queue.deployment()
        pid = try #require(try await engine.client.inspect(id)?.state.pid)
    }

    /// All of the site's, whatever became of them.
    func containers() async throws -> [ContainerSummary] {
        try await engine.client.list(labels: ["deadtrees.deployment": deployment])
    }

    /// Of a test that failed: the next one is not to be bothered by them.
    private func removeContainers() async throws {
        for left in try await containers() { try await engine.docker("rm", "--force", left.id) }
    }

    /// The next attempt runs another simulator.
    func changeImage(to simulator: [String: String]) async throws {
        try await engine.docker("tag", engine.image(simulator), site.settings["ODM_IMAGE"] ?? "")
    }

    /// Waits until the row has left the queue, as if the waits between its attempts took no time.
    func untilGone(_ worker: WorkerProcess) async throws {
        try await waitUntil(within: .seconds(60), "row \(row) has left the queue: \(worker.log.suffix(3000))") {
            try await site.test.sql("UPDATE v2_queue SET not_before = NULL WHERE not_before IS NOT NULL")
            return try await site.test.sql("SELECT FROM v2_queue WHERE id = $1", [.int(row)]).isEmpty
        }
    }

    /// What `v2_task_runs` has: outcome and error code of each attempt.
    func outcomes() async throws -> [String] {
        try await site.test.sql(
            "SELECT concat_ws(' ', outcome, error_code) AS line FROM v2_task_runs WHERE queue_id = $1 ORDER BY id",
            [.int(row)]
        ).map { try $0.get("line") }
    }

    /// What `v2_odm_runs` has of all containers of the row, oldest first, as `columns` say.
    func records(_ columns: String) async throws -> [Row] {
        try await site.test.sql("SELECT \(columns) FROM v2_odm_runs WHERE queue_id = $1 ORDER BY id", [.int(row)])
    }

    /// Unix seconds.
    func deadline() async throws -> Double {
        try await records("extract(epoch FROM deadline_at) AS deadline")[0].get("deadline")
    }

    func kill(_ worker: WorkerProcess) async throws {
        worker.send(SIGKILL)
        #expect(try await worker.exitStatus() == -SIGKILL)
    }

    /// Waits until the first container has ended by itself, also while the engine is away.
    func untilProcessEnds() async throws {
        try await waitUntil("the container has ended") { !Processes.isAlive(pid) }
    }

    /// Waits until the engine says that the first container is over.
    /// - Returns: its exit code.
    func untilExited(within limit: Duration = .seconds(30)) async throws -> Int32? {
        var state: ContainerDetails.State?
        try await waitUntil(within: limit, "the engine says that the container is over") {
            state = try await engine.client.inspect(container)?.state
            return state?.hasEnded == true
        }
        return state?.exitCode
    }
}
