import Containers
import DB
import Foundation
import Logging
import Synchronization
import Tasks

/// Ends every container of ours on this Docker host that has outlived its deadline, whoever started it and
/// whether or not the database can be reached: the label is enough.
///
/// The stage that runs a container ends it on time by itself. This is for containers that have lost their stage.
struct Watchdog: Sendable {
    let engine: DockerEngine
    let queue: JobQueue
    let logger: Logger
    /// Called after each look at the engine.
    let hasLooked: @Sendable () -> Void
    /// Between two looks.
    var interval = Duration.seconds(15)
    /// The stage, which records why, gets this long before the watchdog acts in its place.
    var slack = Duration.seconds(10)
    /// How long the database may keep it waiting.
    private let patience = Duration.seconds(3)

    func run() async {
        let clock = ServerClock()
        while !Task.isCancelled {
            do {
                let containers = try await engine.list(labels: [Label.stage: "\(TaskType.odmProcessing)"])
                hasLooked()
                if !containers.isEmpty { await within(patience) { [queue] in await clock.set(by: queue) } }
                for container in containers where isOverdue(container, clock.now) { await end(container) }
            } catch {
                logger.debug("watchdog could not look", metadata: ["error": "\(error)"])
            }
            try? await Task.sleep(for: interval)  // A canceled sleep ends the loop.
        }
    }

    private func isOverdue(_ container: ContainerSummary, _ now: Date) -> Bool {
        guard container.isAlive, let deadline = container.labels[Label.deadline].flatMap(Double.init) else {
            return false
        }
        return now.timeIntervalSince1970 > deadline + slack / .seconds(1)
    }

    /// What is left of it stays, for whoever has to say how it ended.
    private func end(_ container: ContainerSummary) async {
        logger.warning("a container is past its deadline and is ended", metadata: ["container": "\(container.name)"])
        await within(patience) { [queue, logger] in
            do { try await queue.requestKill(container: container.id, because: .deadline) } catch {
                logger.warning("why a container is ended is not on record", metadata: ["error": "\(error)"])
            }
        }
        do { try await engine.end(container.id, grace: .seconds(5)) } catch {
            logger.error("it could not be ended", metadata: ["container": "\(container.name)", "error": "\(error)"])
        }
    }
}

extension ContainerSummary {
    /// Whether it still holds memory, CPU and GPU.
    var isAlive: Bool { [.running, .paused, .restarting].contains(status) }
}

/// The database's clock, counted on by this host's monotonic one while the database is away. This host's own wall clock
/// is asked only until the database has answered once: it may jump.
private final class ServerClock: Sendable {
    private let last = Mutex<(date: Date, at: ContinuousClock.Instant)?>(nil)

    var now: Date {
        last.withLock { last in
            last.map { $0.date.addingTimeInterval((ContinuousClock.now - $0.at) / .seconds(1)) } ?? Date()
        }
    }

    func set(by queue: JobQueue) async {
        // Without an answer the old one is counted on.
        guard let date = try? await queue.now() else { return }  // see above
        last.withLock { $0 = (date, .now) }
    }
}
