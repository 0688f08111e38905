/// Lets the claim loop sleep until there may be something to do.
actor WakeSignal {
    private var isRaised = false
    private var sleeper: CheckedContinuation<Void, Never>?

    /// Wakes the sleeper, or the next one to go to sleep.
    func raise() {
        isRaised = true
        resume()
    }

    /// Sleeps until raised, at most `limit`, or until the task is canceled. True when it was raised.
    @discardableResult
    func wait(upTo limit: Duration) async -> Bool {
        let alarm = Task {
            try? await Task.sleep(for: limit)  // Canceled when something else has woken the sleeper.
            if !Task.isCancelled { resume() }
        }
        await withTaskCancellationHandler {
            if !isRaised && !Task.isCancelled { await withCheckedContinuation { sleeper = $0 } }
        } onCancel: {
            Task { await resume() }
        }
        alarm.cancel()
        defer { isRaised = false }
        return isRaised
    }

    private func resume() {
        sleeper?.resume()
        sleeper = nil
    }
}
