import Containers
import DB
import Foundation
import Logging
import Tasks

/// Ends every container of ours on this Docker host that has outlived its deadline, whoever started it and
/// whether or not the database can be reached: the label is enough. Also removes containers whose claim is gone, or
/// whose row a later attempt runs in another container.
///
/// The stage that runs a container ends it on time by itself. This is for containers that have lost their stage.
struct Watchdog: Sendable {
    let engine: DockerEngine
    let queue: JobQueue
    let logger: Logger
    /// Between two looks.
    var interval = Duration.seconds(15)
    /// The stage, which records why, gets this long before the watchdog acts in its place.
    var slack = Duration.seconds(10)
    /// A container is left alone for this long after it was first seen without a claim, for claims that are just
    /// being taken over.
    var strayPatience = Duration.seconds(60)

    func run() async {
        var strays: [String: ContinuousClock.Instant] = [:]
        var clock = ServerClock()
        while !Task.isCancelled {
            do {
                let containers = try await engine.list(labels: [Label.stage: "\(TaskType.odmProcessing)"])
                if !containers.isEmpty { await clock.set(by: queue) }
                for container in containers where isOverdue(container, clock.now) {
                    await end(container, because: "past its deadline")
                }
                strays = try await removeStrays(containers, seen: strays)
            } catch {
                logger.debug("watchdog could not look", metadata: ["error": "\(error)"])
            }
            try? await Task.sleep(for: interval)  // A canceled sleep ends the loop.
        }
    }

    private func isOverdue(_ container: ContainerSummary, _ now: Date) -> Bool {
        guard container.status == .running, let deadline = container.labels[Label.deadline].flatMap(Double.init) else {
            return false
        }
        return now.timeIntervalSince1970 > deadline + slack / .seconds(1)
    }

    /// Containers whose queue row nobody holds any more: canceled, finished elsewhere, or of an older attempt.
    private func removeStrays(
        _ containers: [ContainerSummary], seen: [String: ContinuousClock.Instant]
    ) async throws -> [String: ContinuousClock.Instant] {
        guard !containers.isEmpty else { return [:] }
        let holders = try await queue.holders()
        let deployment = try await queue.deployment()
        var still: [String: ContinuousClock.Instant] = [:]
        for container in containers where container.labels[Label.deployment] == deployment {
            guard isStray(container, holders) else { continue }
            let first = seen[container.id] ?? .now
            if ContinuousClock.now - first > strayPatience {
                await end(container, because: "no claim runs in it")
            } else {
                still[container.id] = first
            }
        }
        return still
    }

    /// A claim without a container on record may be about to take this one up: it stays.
    private func isStray(_ container: ContainerSummary, _ holders: [Int64: LeaseHolder]) -> Bool {
        guard let queueID = container.labels[Label.queueID].flatMap(Int64.init) else { return false }
        guard let holder = holders[queueID] else { return true }
        return holder.containerID.map { $0 != container.id } ?? false
    }

    private func end(_ container: ContainerSummary, because reason: String) async {
        logger.warning("removing a container", metadata: ["container": "\(container.name)", "reason": "\(reason)"])
        do {
            try await engine.end(container.id, grace: .seconds(5))
            try await engine.remove(container.id)
        } catch {
            logger.error(
                "container could not be removed", metadata: ["container": "\(container.name)", "error": "\(error)"])
        }
    }
}

/// The database's clock, counted on by this host's monotonic one while the database is away. This host's own wall clock
/// is asked only until the database has answered once: it may jump.
private struct ServerClock {
    private var last: (date: Date, at: ContinuousClock.Instant)?

    var now: Date {
        guard let last else { return Date() }
        return last.date.addingTimeInterval((ContinuousClock.now - last.at) / .seconds(1))
    }

    mutating func set(by queue: JobQueue) async {
        // Without an answer the old one is counted on.
        if let date = try? await queue.now() { last = (date, .now) }  // see above
    }
}
