/// Waits that double up to a limit, each shortened at random by up to half so that hosts do not march in step.
public struct Backoff: Sendable {
    private let first: Duration
    private let limit: Duration
    private var current: Duration

    public init(first: Duration, limit: Duration) {
        self.first = first
        self.limit = limit
        current = first
    }

    /// The next wait.
    public mutating func next() -> Duration {
        let wait = current * Double.random(in: 0.5...1)
        current = min(current * 2, limit)
        return wait
    }

    public mutating func reset() { current = first }
}
