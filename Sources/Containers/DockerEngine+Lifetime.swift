import Failures

extension DockerEngine {
    /// Waits until the container has ended, and returns its last state.
    ///
    /// The truth is what `inspect` says, every `pollEvery`; the engine's own `wait` only shortens the delay. It gives
    /// wrong answers after some restarts, and none at all when the engine goes away. Nothing is done to the container
    /// when the task is cancelled.
    /// - Parameter patience: how long the engine may be away in between, e.g. for an upgrade.
    /// - Throws: ``Failure`` `container_gone`, `container_not_started`; `docker_unreachable` after `patience`.
    public func waitUntilExited(
        _ id: String, pollEvery: Duration = .seconds(5), patience: Duration = .seconds(300)
    ) async throws -> ContainerDetails.State {
        let clock = ContinuousClock()
        var lastAnswer = clock.now
        while true {
            try Task.checkCancellation()
            do {
                guard let state = try await inspect(id)?.state else { throw Failure.containerGone(id) }
                lastAnswer = clock.now
                if state.hasEnded { return state }
                if state.status == .created { throw Failure.containerNotStarted(id, error: state.error) }
            } catch let failure as Failure where failure.isAboutTheEngine && clock.now - lastAnswer < patience {
                // It may come back: the container went on without it, or its end will be known then.
            }
            try await wakeUp(id, within: pollEvery)
        }
    }

    /// Returns after `time`, or earlier when the engine says that the container ended.
    private func wakeUp(_ id: String, within time: Duration) async throws {
        let end = ContinuousClock.now + time
        do {
            let answer = try await call(
                .post, "/containers/\(id)/wait", limit: time, purpose: "wait for the container")
            // Also bounds how often an engine is asked that says so of a container which runs.
            if answer.status == 200 { return try await Task.sleep(for: min(time, .milliseconds(50))) }
        } catch let failure as Failure where failure.isAboutTheEngine {
            // Mostly the time limit.
        }
        try await Task.sleep(until: end, clock: .continuous)
    }

    /// Ends a container for certain: asks it, kills it after `grace`, and returns only once the engine shows that it
    /// does not run any more, or does not know it. May be called again, from anywhere, at any state of the container.
    /// - Throws: ``Failure`` `container_survived` when it runs on a minute after the kill, which happens to processes that
    ///   hang in the kernel; `docker_unreachable` when the engine could not be asked for that long.
    public func end(_ id: String, grace: Duration = .seconds(30)) async throws {
        // A failure to ask nicely is no reason not to kill, and what matters is what inspect says.
        do { try await stop(id, grace: grace) } catch is Failure {}
        let clock = ContinuousClock()
        let start = clock.now
        var pause = Duration.milliseconds(100)
        while true {
            try Task.checkCancellation()
            let waited = clock.now - start
            do {
                guard let state = try await inspect(id)?.state, state.isAlive else { return }
                guard waited < Self.killLimit else { throw Failure.containerSurvived(id, waited: waited) }
                try await kill(id)
            } catch let failure as Failure where failure.isAboutTheEngine && waited < Self.killLimit {
                // Asked again below.
            }
            try await Task.sleep(for: pause)
            pause = min(pause * 2, .seconds(5))
        }
    }

    private static let killLimit = Duration.seconds(60)
}

extension Failure {
    /// Whether it says nothing about the container, only that the engine could not be asked.
    var isAboutTheEngine: Bool { code == "docker_unreachable" || code == "docker_answer_unreadable" }
}
