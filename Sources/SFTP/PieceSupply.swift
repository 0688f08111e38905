import Synchronization

/// A part of a file, in bytes.
struct Piece: Hashable, Sendable {
    var offset: Int64
    var count: Int
}

/// Hands out a file in pieces, from its beginning on, to any number of sessions that transfer it together. What one of
/// them could not finish, another gets: so an interrupted transfer goes on where it was.
public final class PieceSupply: Sendable {
    private struct State {
        var next: Int64 = 0
        var underWay: Set<Piece> = []
        var returned: [Piece] = []
        var done: Int64 = 0
        var lastProgress: ContinuousClock.Instant?
    }

    /// The file's size, in bytes.
    public let total: Int64
    private let state = Mutex(State())
    private let report: @Sendable (_ done: Int64) -> Void
    private let reported = Mutex<Int64>(0)
    private let (stream, continuation) = AsyncStream.makeStream(of: Int64.self, bufferingPolicy: .bufferingNewest(1))

    /// - Parameter report: is told how many bytes are done, each time that another 4 MiB are, and at the end; from any thread; never
    ///   for an empty file.
    public init(total: Int64, report: @escaping @Sendable (_ done: Int64) -> Void) {
        self.total = total
        self.report = report
        if total == 0 { continuation.finish() }
    }

    /// Whether every piece is done.
    public var isFinished: Bool { state.withLock { $0.done == total } }
    /// When a piece was last finished; nil before the first.
    public var lastProgress: ContinuousClock.Instant? { state.withLock { $0.lastProgress } }
    var done: Int64 { state.withLock { $0.done } }

    /// Up to where the file is done without a gap, whenever that grows; ends when the file is done.
    public var frontier: AsyncStream<Int64> { stream }

    /// The next piece of at most `count` bytes; nil when nothing is left to begin.
    func take(atMost count: Int) -> Piece? {
        state.withLock { state in
            let piece: Piece
            if let returned = state.returned.popLast() {
                // Another connection may have asked for more at a time.
                piece = Piece(offset: returned.offset, count: min(count, returned.count))
                let rest = Piece(offset: returned.offset + Int64(piece.count), count: returned.count - piece.count)
                if rest.count > 0 { state.returned.append(rest) }
            } else {
                guard state.next < total else { return nil }
                piece = Piece(offset: state.next, count: Int(min(Int64(count), total - state.next)))
                state.next += Int64(piece.count)
            }
            state.underWay.insert(piece)
            return piece
        }
    }

    func giveBack(_ piece: Piece) {
        state.withLock { state in
            state.underWay.remove(piece)
            state.returned.append(piece)
        }
    }

    /// - Parameter count: how much of the piece is done, from its start; the rest is handed out again.
    func finish(_ piece: Piece, count: Int) {
        let (before, after, frontier) = state.withLock { state in
            let before = state.done
            state.underWay.remove(piece)
            state.done += Int64(count)
            state.lastProgress = .now
            if count < piece.count {
                state.returned.append(Piece(offset: piece.offset + Int64(count), count: piece.count - count))
            }
            let open = state.underWay.lazy.map(\.offset).min() ?? state.next
            let left = state.returned.lazy.map(\.offset).min() ?? state.next
            return (before, state.done, min(open, left))
        }
        continuation.yield(frontier)
        if before / Self.step != after / Self.step || after == total { tell(after) }
        if after == total { continuation.finish() }
    }

    /// In order, whichever session is faster with its last lines: a progress bar does not go back.
    private func tell(_ done: Int64) {
        reported.withLock { reported in
            guard done > reported else { return }
            reported = done
            report(done)
        }
    }

    private static let step: Int64 = 4 << 20
}
