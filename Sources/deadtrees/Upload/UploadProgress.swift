import Failures
import Foundation
import Synchronization

/// Tells how far an upload is on standard error: a line that is rewritten where that is a terminal, else one every ten
/// seconds. Counted by many threads.
final class UploadProgress: Sendable {
    private struct State {
        var tally: UploadTally
        var lastLine = ContinuousClock.now
        var wasStoring = false
        var isShown: Bool
    }

    private static let lineEvery = Duration.seconds(10)

    private let chunkCount: Int
    private let isTerminal = isatty(STDERR_FILENO) != 0
    private let state: Mutex<State>

    init(_ source: UploadSource, isShown: Bool) {
        chunkCount = source.chunkCount
        state = Mutex(State(tally: UploadTally(source), isShown: isShown))
    }

    /// Chunks that the server has, as far as we know.
    var arrived: Int { state.withLock { $0.tally.arrived.count } }
    /// How often a chunk arrived.
    var arrivals: Int { state.withLock { $0.tally.arrivals } }
    var howToGoOn: String { "\(arrived) of \(chunkCount) chunks have arrived, and \(Failure.sameCommand)" }

    func begin(missing: Set<Int>) { state.withLock { $0.tally.begin(missing: missing) } }
    func sent(_ bytes: Int64, of chunk: Int) { state.withLock { $0.tally.sent(bytes, of: chunk) } }
    func lost(_ chunk: Int) { state.withLock { $0.tally.lost(chunk) } }
    func arrived(_ chunk: Int) { state.withLock { $0.tally.arrived(chunk) } }

    /// Says something that is to stay.
    func note(_ text: String) {
        state.withLock { _ in write((isTerminal ? Self.emptyLine : "") + text + "\n") }
    }

    /// Runs `body` and shows meanwhile how far it is.
    func whileShown<Outcome: Sendable>(_ body: () async throws -> Outcome) async throws -> Outcome {
        let ticker = Task {
            while !Task.isCancelled {
                show()
                try await Task.sleep(for: .milliseconds(200))
            }
        }
        defer {
            ticker.cancel()
            hide()
        }
        return try await body()
    }

    private func show() {
        state.withLock { state in
            guard state.isShown else { return }
            let line = state.tally.line(barWidth: isTerminal ? 24 : 0)
            if isTerminal { return write(Self.emptyLine + line.prefix(Self.width - 1)) }
            let isStoring = state.tally.isStoring
            let isDue = ContinuousClock.now - state.lastLine >= Self.lineEvery
            guard isDue || (isStoring && !state.wasStoring) else { return }
            (state.lastLine, state.wasStoring) = (.now, isStoring)
            write(line + "\n")
        }
    }

    /// For good: the ticker may be about to write.
    private func hide() {
        state.withLock { state in
            if state.isShown && isTerminal { write(Self.emptyLine) }
            state.isShown = false
        }
    }

    private func write(_ text: String) {
        try? FileHandle.standardError.write(contentsOf: Data(text.utf8))  // who closed it does not want to know
    }

    /// To the line's beginning, and what is there is erased.
    /// Source: ECMA-48, CR and EL, https://ecma-international.org/publications-and-standards/standards/ecma-48/
    private static let emptyLine = "\r\u{1B}[K"

    /// A longer line would not be rewritten, but followed by another.
    private static var width: Int {
        var size = winsize()
        guard ioctl(STDERR_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return 80 }
        return Int(size.ws_col)
    }
}
