import Synchronization

/// Tells a blocking call on another thread that its result is not wanted any more. Who blocks looks ten times a second.
public final class Interruption: Sendable {
    private let isRaised = Atomic(false)

    public init() {}

    public func raise() { isRaised.store(true, ordering: .relaxed) }

    /// - Throws: `CancellationError` once it was raised.
    public func check() throws {
        if isRaised.load(ordering: .relaxed) { throw CancellationError() }
    }

    /// Runs `body` with an interruption that is raised when the task is canceled.
    public static func onCancel<Outcome: Sendable>(
        _ body: @Sendable (Interruption) async throws -> Outcome
    ) async throws -> Outcome {
        let interruption = Interruption()
        return try await withTaskCancellationHandler {
            try await body(interruption)
        } onCancel: {
            interruption.raise()
        }
    }
}
