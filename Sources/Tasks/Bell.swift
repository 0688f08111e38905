import Foundation
import Synchronization

/// Rings when the queue may have changed. Whoever waits for something in it looks, waits for the next ring, and looks
/// again; a ring between the look and the wait is not missed.
public final class Bell: Sendable {
    private struct State {
        var rings = 0
        var waiting: [UUID: CheckedContinuation<Void, Never>] = [:]
        /// Were to be woken before they slept.
        var overslept: Set<UUID> = []
    }
    private let state = Mutex(State())

    public init() {}

    /// How often it has rung. To be read before the look.
    public var rings: Int { state.withLock { $0.rings } }

    public func ring() {
        let waiting = state.withLock { state in
            state.rings += 1
            defer { state.waiting = [:] }
            return state.waiting
        }
        for sleeper in waiting.values { sleeper.resume() }
    }

    /// Returns when it has rung more often than `rings`, at the latest after `limit`, or when the task is canceled.
    public func wait(after rings: Int, atMost limit: Duration) async {
        let id = UUID()
        let alarm = Task {
            try? await Task.sleep(for: limit)  // Canceled when the bell was faster.
            wake(id)
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isOver = state.withLock { state in
                    guard state.rings == rings, !state.overslept.contains(id) else { return true }
                    state.waiting[id] = continuation
                    return false
                }
                if isOver { continuation.resume() }
            }
        } onCancel: {
            wake(id)
        }
        alarm.cancel()
        await alarm.value
        state.withLock { _ = $0.overslept.remove(id) }
    }

    private func wake(_ id: UUID) {
        let sleeper = state.withLock { state in
            let sleeper = state.waiting.removeValue(forKey: id)
            if sleeper == nil { state.overslept.insert(id) }
            return sleeper
        }
        sleeper?.resume()
    }
}
