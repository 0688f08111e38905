import Synchronization

/// Stops one job from outside and remembers why. The first reason stands.
final class StopSwitch: Sendable {
    private struct State {
        var reason: StopReason?
        var cancel: (@Sendable () -> Void)?
    }
    private let state = Mutex(State())

    var reason: StopReason? { state.withLock { $0.reason } }

    /// `cancel` is called on the first stop, at once when there was one already.
    func onStop(_ cancel: @escaping @Sendable () -> Void) {
        let isStopped = state.withLock { state in
            state.cancel = cancel
            return state.reason != nil
        }
        if isStopped { cancel() }
    }

    func stop(_ reason: StopReason) {
        let cancel = state.withLock { state -> (@Sendable () -> Void)? in
            guard state.reason == nil else { return nil }
            state.reason = reason
            return state.cancel
        }
        cancel?()
    }
}
