import Containers
import DB
import Failures
import Foundation
import Logging
import Settings

/// The containers of one queue row: made, found again, ended, removed.
struct ODMContainer: Sendable {
    let engine: DockerEngine
    let options: ODMOptions
    let stage: StageContext

    /// The container's own `timeout` fires this much after the deadline, should every worker be dead by then.
    /// Until then the worker's kill, which knows its reason, comes first.
    private static let backstop = Duration.seconds(300)

    /// A container that was started, and its deadline, which is in the database.
    struct Started: Sendable {
        let id: String
        let run: ODMRun
    }

    /// Makes and starts the container. Its deadline is in the database before it exists.
    /// - Throws: `Failure`: `odm_timed_out` when earlier runs of the row have used up its time; all else is the host's
    ///   fault.
    func start(_ plan: ODMPlan, project: String, on means: ODMHealth.Means) async throws -> Started {
        let token = stage.job.token
        let deployment = try await stage.untilDatabaseAnswers { try await stage.queue.deployment() }
        let run = try await stage.untilDatabaseAnswers {
            try await stage.queue.planODMRun(token, within: options.settings.timeout, on: means.place)
        }
        guard run.deadline.remaining > .zero else { throw Failure.noTimeLeft(options.settings.timeout) }
        let spec = spec(plan, project: project, means, run.deadline, deployment)
        do {
            let id = try await engine.create(spec, name: "deadtrees-\(token.queueID)-\(token.attempt)-\(suffix())")
            try await start(id, run)
            return Started(id: id, run: run)
        } catch let failure as Failure where failure.code != "lease_lost" {
            throw failure.withoutBlame
        }
    }

    private func start(_ id: String, _ run: ODMRun) async throws {
        do {
            try await stage.untilDatabaseAnswers {
                try await stage.queue.recordContainer(
                    stage.job.token, run: run.id, id: id, odmLease: options.settings.lease)
            }
            try await engine.start(id)
        } catch {
            await remove(id)
            throw error
        }
    }

    private func spec(
        _ plan: ODMPlan, project: String, _ means: ODMHealth.Means, _ deadline: Deadline, _ deployment: String
    ) -> ContainerSpec {
        var spec = ContainerSpec(image: options.settings.image, command: plan.command)
        let limit = Int((deadline.remaining + Self.backstop).components.seconds)
        spec.entrypoint = ["timeout", "-k", "60", "\(max(limit, 1))"] + means.image.entrypoint
        // Without PYTHONUNBUFFERED the lines of ODM's children come in bursts, hours late.
        spec.environment = ["PYTHONUNBUFFERED": "1", "no_ansiesc": "1"]
        let token = stage.job.token
        spec.labels = [
            Label.deployment: deployment, Label.queueID: "\(token.queueID)", Label.datasetID: "\(stage.datasetID)",
            Label.attempt: "\(token.attempt)", Label.worker: options.worker, Label.stage: "\(TaskType.odmProcessing)",
            Label.deadline: "\(Int(deadline.date.timeIntervalSince1970.rounded(.up)))",
        ]
        spec.mounts = [.init(source: project, target: "/project")]
        spec.memory = options.settings.memory.bytes
        spec.cpus = options.settings.cpus
        spec.gpus = means.gpus
        if plan.needsNetwork { spec.network = "bridge" }
        return spec
    }

    /// Containers of this queue row on this engine, whatever attempt made them, newest attempt first.
    func existing() async throws -> [ContainerSummary] {
        let deployment = try await stage.untilDatabaseAnswers { try await stage.queue.deployment() }
        let own = [Label.deployment: deployment, Label.queueID: "\(stage.job.queueID)"]
        return try await untilEngineAnswers { try await engine.list(labels: own) }
            .filter { $0.labels[Label.stage] != nil }.sorted { $0.attempt > $1.attempt }
    }

    /// A row that has a container on record waits for its engine: what runs there may have run for hours. Any other
    /// row is free to go to another host.
    private func untilEngineAnswers<Result: Sendable>(_ body: () async throws -> Result) async throws -> Result {
        while true {
            do {
                return try await body()
            } catch let failure as Failure where failure.code.hasPrefix("docker_") {
                guard stage.job.hasContainer else { throw failure.withoutBlame }
                stage.report(0.2, "waiting for the Docker Engine of this host, where the dataset's container is")
                try await Task.sleep(for: .seconds(2))
            }
        }
    }

    /// A restart of the same attempt must not stumble over its own name.
    private func suffix() -> String { String(UUID().uuidString.prefix(4)).lowercased() }
}

/// The labels that every container of ours carries.
public enum Label {
    /// The id in `v2_deployment`: queue ids are unique within one database only.
    public static let deployment = "deadtrees.deployment"
    public static let queueID = "deadtrees.queue_id"
    public static let datasetID = "deadtrees.dataset_id"
    public static let attempt = "deadtrees.attempt"
    public static let worker = "deadtrees.worker"
    public static let stage = "deadtrees.stage"
    /// Unix seconds.
    public static let deadline = "deadtrees.deadline"
}

extension ContainerSummary {
    /// The claim that made it.
    var attempt: Int { labels[Label.attempt].flatMap(Int.init) ?? 0 }
    /// Unix seconds.
    var deadline: Double? { labels[Label.deadline].flatMap(Double.init) }
}
