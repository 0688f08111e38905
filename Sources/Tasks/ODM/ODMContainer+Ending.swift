import Containers
import DB
import Execution
import Failures
import Logging

extension ODMContainer {
    /// Between the request to stop and the kill. ODM ends its children and itself within a second of the request.
    static let killGrace = Duration.seconds(3)

    /// Ends the container for certain: writes down why, asks it, kills it, and returns only once the engine shows that
    /// it is over. An engine that is away is waited for: until then nobody knows whether the GPU is in use. Goes on
    /// when the job's own task has been canceled, and leaves the rest to its next life when the worker stops.
    func end(_ id: String, because reason: KillReason) async {
        stage.logger.warning("ending the container", metadata: ["container": "\(id)", "reason": "\(reason)"])
        await Task.detached { [self] in
            await record(reason, id)
            var backoff = Backoff(first: .milliseconds(200), limit: .seconds(15))
            while true {
                do {
                    return try await engine.end(id, grace: Self.killGrace)
                } catch {
                    stage.logger.error(
                        "the container is not known to be over; its GPU slot stays taken",
                        metadata: ["container": "\(id)", "error": "\(error)"])
                }
                if stage.isWorkerStopping() { return }
                try? await Task.sleep(for: backoff.next())  // Nobody cancels this task.
            }
        }.value
    }

    /// A database that is away must not keep a container alive.
    private func record(_ reason: KillReason, _ id: String) async {
        await within(.seconds(3)) { [stage] in
            do {
                try await stage.queue.requestKill(container: id, because: reason)
            } catch {
                stage.logger.warning("why a container is ended is not on record", metadata: ["error": "\(error)"])
            }
        }
    }

    /// Removes a container that nobody needs any more, ending it where it runs.
    func discard(_ container: ContainerSummary, because reason: KillReason) async {
        if container.status != .exited && container.status != .created { await end(container.id, because: reason) }
        await remove(container.id)
    }

    /// Removes the container, also when the job's own task has been canceled, and notes that it is gone.
    func remove(_ id: String) async {
        await Task.detached { [engine, stage] in
            do {
                try await engine.remove(id)
                try await stage.queue.endRun(container: id, exitCode: nil)
            } catch {
                // The watchdog of any worker on this host finds it by its labels and tries again.
                stage.logger.error(
                    "container could not be removed", metadata: ["container": "\(id)", "error": "\(error)"])
            }
        }.value
    }

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
                await stage.bell.wait(after: stage.bell.rings, atMost: .milliseconds(200))
            }
            return false
        } catch {
            // A database that does not answer is no reason to throw hours away: the watchdog will know.
            return true
        }
    }
}

extension Failure {
    static func noTimeLeft(_ limit: Duration) -> Failure {
        Failure(
            "odm_timed_out",
            "the time limit of \(limit.inWords) for all ODM runs of this request together was used up by earlier attempts; fewer photos or a lower resolution take less time"
        )
    }
}

extension Duration {
    /// `24 h`, `90 min`, `5 s`.
    var inWords: String {
        let seconds = components.seconds
        return seconds % 3600 == 0 ? "\(seconds / 3600) h" : seconds % 60 == 0 ? "\(seconds / 60) min" : "\(seconds) s"
    }
}
