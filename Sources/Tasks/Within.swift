/// Waits for `body`, but no longer than `limit`; after that it goes on by itself. For what should be done first, and must
/// not keep what follows from being done.
public func within(_ limit: Duration, _ body: @escaping @Sendable () async -> Void) async {
    let (either, signal) = AsyncStream<Void>.makeStream()
    let work = Task {
        await body()
        signal.finish()
    }
    let alarm = Task {
        try? await Task.sleep(for: limit)  // Canceled when the body was faster.
        signal.finish()
    }
    for await _ in either {}
    alarm.cancel()
    // A body whose caller was canceled need not go on.
    if Task.isCancelled { work.cancel() }
}
