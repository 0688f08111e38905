import Containers
import DB
import Failures
import Foundation
import Logging
import Settings

/// One run of ODM in a container: made, started, watched to its end, removed.
struct ODMContainer: Sendable {
    let engine: DockerEngine
    let options: ODMOptions
    let stage: StageContext

    /// The container's own `timeout` fires this much after the deadline, should every worker be dead by then.
    /// Until then the worker's kill, which knows its reason, comes first.
    private static let backstop = Duration.seconds(300)
    /// Between the request to stop and the kill. ODM ends its children and itself within a second of the request.
    static let killGrace = Duration.seconds(3)

    /// Makes and starts the container. Its deadline is in the database already.
    func start(_ command: [String], project: String, deadline: Deadline, gpus: ContainerSpec.GPUs) async throws
        -> String
    {
        guard let image = try await engine.inspectImage(options.settings.image) else {
            throw Failure.noODMImage(options.settings.image)
        }
        var spec = ContainerSpec(image: options.settings.image, command: command)
        let limit = Int((deadline.remaining + Self.backstop).components.seconds)
        spec.entrypoint = ["timeout", "-k", "60", "\(max(limit, 1))"] + image.entrypoint
        // Without PYTHONUNBUFFERED the lines of ODM's children come in bursts, hours late.
        spec.environment = ["PYTHONUNBUFFERED": "1", "no_ansiesc": "1"]
        spec.labels = try await labels(deadline)
        spec.mounts = [.init(source: project, target: "/project")]
        spec.memory = options.settings.memory.bytes
        spec.cpus = options.settings.cpus
        spec.gpus = gpus
        let token = stage.job.token
        let id = try await engine.create(spec, name: "deadtrees-\(token.queueID)-\(token.attempt)-\(suffix())")
        do {
            try await stage.queue.setContainer(token, id: id, odmLease: options.settings.lease)
            try await engine.start(id)
        } catch {
            await remove(id)
            throw error
        }
        return id
    }

    /// Containers of this queue row on this engine, whatever attempt made them, newest attempt first.
    func existing() async throws -> [ContainerSummary] {
        let own = [Label.deployment: try await stage.queue.deployment(), Label.queueID: "\(stage.job.queueID)"]
        return try await engine.list(labels: own)
            .sorted { attempt(of: $0) > attempt(of: $1) }
    }

    /// Makes this worker the owner of what ODM has written: its container runs as root, the worker need not. Done
    /// by the same image, which has `chown` as every Debian has.
    func takeOwnership(of project: String) async throws {
        guard geteuid() != 0 else { return }
        var spec = ContainerSpec(
            image: options.settings.image, command: ["-R", "\(geteuid()):\(getegid())", "/project"])
        spec.entrypoint = ["chown"]
        spec.mounts = [.init(source: project, target: "/project")]
        spec.addedCapabilities += ["CHOWN"]
        spec.labels = [Label.queueID: "\(stage.job.queueID)", Label.worker: options.worker]
        let id = try await engine.create(spec, name: "deadtrees-chown-\(stage.job.queueID)-\(suffix())")
        do {
            try await engine.start(id)
            _ = try await engine.waitUntilExited(id, pollEvery: .seconds(1))
            try await engine.remove(id)
        } catch {
            await remove(id)
            throw error
        }
    }

    func attempt(of container: ContainerSummary) -> Int { container.labels[Label.attempt].flatMap(Int.init) ?? 0 }

    /// A worker that stops leaves its container to its next life, and an attempt whose row this same worker has
    /// claimed anew leaves it to that claim. Everything else ends it.
    func isLeftToALaterAttempt() async -> Bool {
        if stage.isWorkerStopping() { return true }
        // In a task of its own, for the stage's has been canceled.
        return await Task.detached { await isClaimedAnew() }.value
    }

    /// An administrator who puts a running row back frees it a moment before it is claimed again: waits for that.
    private func isClaimedAnew() async -> Bool {
        let token = stage.job.token
        let end = ContinuousClock.now + .seconds(5)
        do {
            while try await stage.queue.isInQueue(token.queueID), ContinuousClock.now < end {
                if let holder = try await stage.queue.holders()[token.queueID]?.token {
                    // Still this very claim: it was canceled, or failed, and the container is its own to end.
                    return holder.worker == token.worker && holder != token
                }
                try await Task.sleep(for: .milliseconds(200))
            }
            return false
        } catch {
            // A database that does not answer is no reason to throw hours away: the watchdog will know.
            return true
        }
    }

    /// Ends the container for certain and removes it, also when the job's own task has been canceled.
    func remove(_ id: String) async {
        await Task.detached { [engine, logger = stage.logger] in
            do {
                try await engine.end(id, grace: Self.killGrace)
                try await engine.remove(id)
            } catch {
                // The watchdog of any worker on this host finds it by its labels and tries again.
                logger.error("container could not be removed", metadata: ["container": "\(id)", "error": "\(error)"])
            }
        }.value
    }

    private func labels(_ deadline: Deadline) async throws -> [String: String] {
        let token = stage.job.token
        return [
            Label.deployment: try await stage.queue.deployment(),
            Label.queueID: "\(token.queueID)", Label.datasetID: "\(stage.datasetID)", Label.attempt: "\(token.attempt)",
            Label.worker: options.worker, Label.stage: "\(TaskType.odmProcessing)",
            Label.deadline: "\(Int(deadline.date.timeIntervalSince1970.rounded(.up)))",
        ]
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

extension Failure {
    static func noODMImage(_ image: String) -> Failure {
        Failure(
            "image_missing", "the ODM image \(image) is not on this worker's host; an operator has to pull it",
            retry: .later)
    }
}
