import Failures
import Synchronization

/// What one exchange has brought so far: written by the loop's thread, read by one task at a time.
final class Transfer: Sendable {
    /// More than this unread, in bytes, and curl is told to wait: a slow reader must not fill the memory.
    static let highWater = 1 << 20

    let request: HTTPRequest
    private let state = Mutex(State())

    private struct State {
        var status = 0
        var unread: [UInt8] = []
        var isPaused = false
        var end: Result<Void, any Error>?
        var reader: CheckedContinuation<[UInt8]?, any Error>?
    }

    init(_ request: HTTPRequest) {
        self.request = request
    }

    var status: Int { state.withLock { $0.status } }

    // MARK: On the loop's thread

    /// Takes a piece of the body; false when the reader is behind and the piece has to be offered again later.
    func receive(_ bytes: UnsafeRawBufferPointer, status: Int) -> Bool {
        let (isTaken, reader) = state.withLock { state in
            state.status = status
            state.isPaused = state.unread.count >= Self.highWater
            guard !state.isPaused else { return (false, CheckedContinuation<[UInt8]?, any Error>?.none) }
            if let reader = state.reader.take() { return (true, reader) }
            state.unread.append(contentsOf: bytes)
            return (true, nil)
        }
        reader?.resume(returning: Array(bytes))
        return isTaken
    }

    /// Ends the exchange; what is unread stays readable after a success.
    func finish(_ end: Result<Void, any Error>, status: Int) {
        let reader = state.withLock { state in
            guard state.end == nil else { return CheckedContinuation<[UInt8]?, any Error>?.none }
            state.end = end
            if status != 0 { state.status = status }
            return state.reader.take()
        }
        reader?.resume(with: end.map { nil })
    }

    // MARK: For the reader

    /// Hands over what is unread, now or as soon as there is something; nil at the end.
    /// Returns whether curl waits for this reader and has to be told to go on.
    func read(_ reader: CheckedContinuation<[UInt8]?, any Error>) -> Bool {
        enum Next { case bytes([UInt8]), end(Result<Void, any Error>), later }
        let (next, wasPaused) = state.withLock { state -> (Next, Bool) in
            if !state.unread.isEmpty {
                defer { (state.unread, state.isPaused) = ([], false) }
                return (.bytes(state.unread), state.isPaused)
            }
            if let end = state.end { return (.end(end), false) }
            state.reader = reader
            return (.later, false)
        }
        switch next {
        case .bytes(let bytes): reader.resume(returning: bytes)
        case .end(let end): reader.resume(with: end.map { nil })
        case .later: break
        }
        return wasPaused
    }
}
