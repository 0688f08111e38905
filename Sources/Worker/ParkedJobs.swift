import DB
import Synchronization

/// Jobs that only wait just now: for a GPU, or for their container.
final class ParkedJobs: Sendable {
    private struct State {
        var tokens: Set<LeaseToken> = []
        var changed: @Sendable () -> Void = {}
    }
    private let state = Mutex(State())

    var count: Int { state.withLock { $0.tokens.count } }

    func set(_ token: LeaseToken, _ isParked: Bool) {
        let changed = state.withLock { state -> (@Sendable () -> Void)? in
            let hasChanged = isParked ? state.tokens.insert(token).inserted : state.tokens.remove(token) != nil
            return hasChanged ? state.changed : nil
        }
        changed?()
    }

    func onChange(_ changed: @escaping @Sendable () -> Void) {
        state.withLock { $0.changed = changed }
    }
}

/// When something last happened, for others to read.
final class LastLook: Sendable {
    private let last = Mutex<ContinuousClock.Instant?>(nil)

    /// How long ago; nil before the first time.
    var age: Duration? { last.withLock { last in last.map { .now - $0 } } }

    func note() { last.withLock { $0 = .now } }
}
