public import Foundation

/// A moment of the database's clock, and how far off it was when it was read: what is left of it is counted on
/// this host's monotonic clock, so that a wall clock that jumps moves nothing.
public struct Deadline: Sendable {
    public let date: Date
    private let end: ContinuousClock.Instant

    /// - Parameter remaining: until `date`, by the database's clock.
    public init(date: Date, remaining: Duration) {
        self.date = date
        end = .now + remaining
    }

    /// Negative once it has passed.
    public var remaining: Duration { end - .now }
}

extension JobQueue {
    /// The database's clock.
    public func now() async throws -> Date {
        try await Date(timeIntervalSince1970: database.run(Self.readClock)[0].get("now"))
    }

    private static let readClock = Statement("read clock", "SELECT extract(epoch FROM clock_timestamp()) AS now")
}
