import Dispatch

/// Runs blocking calls on threads that are not Swift's cooperative ones: there are only as many of those as cores, and
/// everything else in the process waits for them.
public struct BlockingWork: Sendable {
    private let queue: DispatchQueue

    public init(label: String) {
        queue = DispatchQueue(label: label, attributes: .concurrent)
    }

    /// - Parameter body: is told when the task is canceled; what takes long looks.
    public func run<Outcome: Sendable>(
        _ body: @escaping @Sendable (Interruption) throws -> Outcome
    ) async throws -> Outcome {
        try await Interruption.onCancel { interruption in
            try await withCheckedThrowingContinuation { continuation in
                queue.async { continuation.resume(with: Result { try body(interruption) }) }
            }
        }
    }

    /// The same for what takes no time.
    public func run<Outcome: Sendable>(_ body: @escaping @Sendable () throws -> Outcome) async throws -> Outcome {
        try await run { _ in try body() }
    }
}
