import Foundation
import Synchronization

/// A value that a test's threads share.
final class Held<Value: Sendable>: Sendable {
    private let state: Mutex<Value>
    init(_ value: Value) { state = Mutex(value) }
    var value: Value {
        get { state.withLock { $0 } }
        set { state.withLock { $0 = newValue } }
    }
}

/// Runs `body` on a thread of its own and waits for it: for what would block a connection's own queue.
func onAnotherThread(_ body: @escaping @Sendable () throws -> Void) throws {
    let done = DispatchSemaphore(value: 0)
    let result = Held<Result<Void, any Error>>(.success(()))
    Thread.detachNewThread {
        result.value = Result(catching: body)
        done.signal()
    }
    done.wait()
    try result.value.get()
}

/// Lets two transactions of a test overlap: the first opens it and waits until it is closed; the second begins when it
/// is open, and passes it when it has come through.
final class Gate: Sendable {
    private let mayEnd = DispatchSemaphore(value: 0)
    private let passed = Held(false)
    private let openings: AsyncStream<Never>
    private let opening: AsyncStream<Never>.Continuation

    init() { (openings, opening) = AsyncStream.makeStream(of: Never.self) }

    var isPassed: Bool { passed.value }

    func open() { opening.finish() }
    func opened() async { for await _ in openings {} }
    /// Blocks a connection's own thread.
    func waitUntilClosed() { mayEnd.wait() }
    func close() { mayEnd.signal() }
    func pass() { passed.value = true }
}
