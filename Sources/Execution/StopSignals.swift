public import Logging
public import ServiceLifecycle
import UnixSignals

/// SIGTERM and SIGINT of a process that runs services: the first stops them in good order, a second one at once.
public enum StopSignals {
    /// Runs `group`, whose configuration must trap no signal: one that two sequences trap is heard by the first of
    /// them alone until the second is set up, and a stop that comes in between would be lost.
    /// - Parameters:
    ///   - atOnce: called on the second signal, and on each one after it, with the signal's number.
    /// - Throws: what the group throws.
    public static func run(
        _ group: ServiceGroup, logger: Logger, atOnce: @escaping @Sendable (_ signal: Int32) async -> Void
    ) async throws {
        let signals = await UnixSignalsSequence(trapping: .sigterm, .sigint)
        let listening = Task {
            var isStopping = false
            for await signal in signals {
                if isStopping {
                    logger.warning("second signal, stopping at once", metadata: ["signal": "\(signal)"])
                    await atOnce(signal.rawValue)
                } else {
                    isStopping = true
                    await group.triggerGracefulShutdown()
                }
            }
        }
        defer { listening.cancel() }
        try await group.run()
    }

    /// Runs `body` as a task that the first signal cancels.
    /// - Parameters:
    ///   - atOnce: called on the second signal, and on each one after it, with the signal's number.
    /// - Throws: what `body` throws, `CancellationError` when it was stopped.
    public static func canceling<Outcome: Sendable>(
        _ body: @escaping @Sendable () async throws -> Outcome, atOnce: @escaping @Sendable (_ signal: Int32) -> Void
    ) async throws -> Outcome {
        let signals = await UnixSignalsSequence(trapping: .sigterm, .sigint)
        let work = Task { try await body() }
        let listening = Task {
            for await signal in signals {
                if work.isCancelled { atOnce(signal.rawValue) }
                work.cancel()
            }
        }
        defer { listening.cancel() }
        return try await work.value
    }
}
