import Containers
import DB
import Logging
import Tasks

/// Compares the containers of this Docker host with the claims in the database: tells the database which ones run, and
/// removes those that no claim runs in: of rows that were canceled or finished elsewhere, and of older attempts.
struct StrayContainers: Sendable {
    let engine: DockerEngine
    let queue: JobQueue
    let logger: Logger
    /// Between two looks.
    var interval = Duration.seconds(15)
    /// A container is left alone for this long after it was first seen without a claim, for claims that are just
    /// being taken over.
    var patience = Duration.seconds(60)

    /// For so long after the last container was seen the database goes on being told that there are none.
    private let echo = Duration.seconds(150)

    func run() async {
        var strays: [String: ContinuousClock.Instant] = [:]
        // Once, too, for what an earlier life has left.
        var lastSeen = ContinuousClock.now - echo + interval / 2
        while !Task.isCancelled {
            do {
                let containers = try await engine.list(labels: [Label.stage: "\(TaskType.odmProcessing)"])
                if !containers.isEmpty { lastSeen = .now }
                if .now - lastSeen < echo { strays = try await compare(containers, seen: strays) }
            } catch {
                logger.debug("containers could not be compared with claims", metadata: ["error": "\(error)"])
            }
            try? await Task.sleep(for: interval)  // A canceled sleep ends the loop.
        }
    }

    /// - Parameter seen: since when each of the strays is known.
    /// - Returns: the same for those that are left.
    private func compare(
        _ containers: [ContainerSummary], seen: [String: ContinuousClock.Instant]
    ) async throws -> [String: ContinuousClock.Instant] {
        let deployment = try await queue.deployment()
        let own = containers.filter { $0.labels[Label.deployment] == deployment }
        try await report(own)
        let holders = try await queue.holders()
        var left: [String: ContinuousClock.Instant] = [:]
        for container in own where isStray(container, holders) {
            let first = seen[container.id] ?? .now
            if .now - first > patience {
                await remove(container)
            } else {
                left[container.id] = first
            }
        }
        return left
    }

    private func report(_ own: [ContainerSummary]) async throws {
        let info = try await engine.info()
        guard !info.id.isEmpty else { return }
        try await queue.sawContainers(
            running: own.filter(\.isAlive).map(\.id), known: own.map(\.id), engine: info.id)
    }

    /// A claim without a container on record may be about to take this one up: it stays.
    private func isStray(_ container: ContainerSummary, _ holders: [Int64: LeaseHolder]) -> Bool {
        guard let queueID = container.labels[Label.queueID].flatMap(Int64.init) else { return false }
        guard let holder = holders[queueID] else { return true }
        return holder.containerID.map { $0 != container.id } ?? false
    }

    private func remove(_ container: ContainerSummary) async {
        logger.warning("removing a container, no claim runs in it", metadata: ["container": "\(container.name)"])
        do {
            if container.isAlive {
                try await queue.requestKill(container: container.id, because: .stale)
                try await engine.end(container.id, grace: .seconds(5))
            }
            try await engine.remove(container.id)
            try await queue.endRun(container: container.id, exitCode: nil)
        } catch {
            logger.error("it could not be removed", metadata: ["container": "\(container.name)", "error": "\(error)"])
        }
    }
}
