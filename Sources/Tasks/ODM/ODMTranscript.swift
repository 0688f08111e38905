import Containers
import Failures
import Foundation
import Storage
import Synchronization

/// What a container has printed so far: on disk in full, in storage as it grows, and in memory as far as progress and a
/// verdict need it. Lies beside the ODM project, so that whoever takes the run up goes on where it ended.
final class ODMTranscript: Sendable {
    fileprivate struct State {
        var progress = ODMProgress()
        var remarks = ODMRemarks()
        var position: LogPosition?
        var tail: [String] = []
        var lastLine = ContinuousClock.now
        var peakMemory: Int64 = 0
        var hasEnded = false
        let file: FileHandle?
        /// Taken and not written yet.
        var buffer: [UInt8] = []
        /// Bytes in the file.
        var written: Int64 = 0
    }

    /// Where reading ended, and how long the file was then.
    private struct Bookmark: Codable {
        let position: String
        let bytes: Int64
    }

    private let state: Mutex<State>
    private let scrubber: LogScrubber
    let path: String
    private var bookmarkPath: String { "\(path).position" }
    private static let tailLength = 300
    private static let largestBuffer = 64 << 10

    /// Opens the file at `path`, and reads what an earlier life has written into it. A disk that takes no log does not
    /// stop a run.
    init(path: String, scrubber: LogScrubber) {
        self.path = path
        self.scrubber = scrubber
        let bookmark = FileManager.default.contents(atPath: "\(path).position")
            .flatMap { try? JSONDecoder().decode(Bookmark.self, from: $0) }  // Cut short: the log is read anew.
        if bookmark == nil { _ = FileManager.default.createFile(atPath: path, contents: nil) }
        let file = FileHandle(forUpdatingAtPath: path)
        state = Mutex(State(file: file))
        guard let bookmark, let position = LogPosition(bookmark.position) else { return }
        // What was written after the bookmark comes again.
        try? file?.truncate(atOffset: UInt64(bookmark.bytes))  // then lines stand there twice, which harms nobody
        state.withLock { state in
            Self.readLines(of: path) { state.remember($0) }
            state.position = position
            state.written = bookmark.bytes
            _ = try? file?.seekToEnd()  // see above
        }
    }

    var position: LogPosition? { state.withLock { $0.position } }
    var tail: [String] { state.withLock { Array($0.tail.suffix(Self.tailLength)) } }
    var peakMemory: Int64? { state.withLock { $0.peakMemory > 0 ? $0.peakMemory : nil } }
    var remarks: ODMRemarks { state.withLock { $0.remarks } }
    var progress: (value: Double, note: String?) { state.withLock { ($0.progress.value, $0.progress.note) } }
    /// Since the container last said something.
    var silence: Duration { state.withLock { .now - $0.lastLine } }
    var bytes: Int64 { state.withLock { $0.written } }

    /// Keeps one line. True when it said how far the run is.
    func take(_ line: LogLine) -> Bool {
        let text = scrubber.clean(line.text)
        return state.withLock { state in
            state.position = line.position
            state.lastLine = .now
            state.buffer.append(contentsOf: text.utf8)
            state.buffer.append(UInt8(ascii: "\n"))
            if state.buffer.count > Self.largestBuffer { state.write() }
            return state.remember(text)
        }
    }

    func note(memory: Int64) { state.withLock { $0.peakMemory = max($0.peakMemory, memory) } }

    /// Writes what is in memory, and notes where to go on from.
    func save() {
        let bookmark = state.withLock { state -> Bookmark? in
            guard !state.buffer.isEmpty else { return nil }
            state.write()
            return state.position.map { Bookmark(position: $0.description, bytes: state.written) }
        }
        guard let bookmark else { return }
        let file = URL(fileURLWithPath: bookmarkPath)
        // A full disk is noticed by the run itself; without a bookmark the log is read anew.
        try? JSONEncoder().encode(bookmark).write(to: file, options: .atomic)  // see above
    }

    /// There will be no more lines.
    func end() { state.withLock { $0.hasEnded = true } }

    /// Waits until the last line has been taken, or until none has come for so long.
    func waitForEnd(atMost limit: Duration) async {
        let begun = ContinuousClock.now
        // A run may print faster than its lines are read: then many are still to come when it is over.
        while !state.withLock({ $0.hasEnded }), min(.now - begun, silence) < limit {
            // A canceled sleep only makes the wait busier, and it is bounded.
            try? await Task.sleep(for: .milliseconds(10))  // canceled: it just ends
        }
        save()
    }

    /// Piece by piece: a log of a day has hundreds of megabytes.
    private static func readLines(of path: String, _ take: (String) -> Void) {
        let file = FileHandle(forReadingAtPath: path)
        var rest = Data()
        // A log that cannot be read back leaves the progress where it was.
        while let piece = try? file?.read(upToCount: 1 << 20), !piece.isEmpty {  // see above
            var lines = (rest + piece).split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
            rest = Data(lines.popLast() ?? Data())
            for line in lines { take(String(decoding: line, as: UTF8.self)) }
        }
    }
}

extension ODMTranscript.State {
    @discardableResult
    fileprivate mutating func remember(_ line: String) -> Bool {
        tail.append(line)
        if tail.count > 600 { tail.removeFirst(300) }
        remarks.read(line)
        return progress.read(line)
    }

    fileprivate mutating func write() {
        // The log is for people; a full disk is noticed by the run itself.
        try? file?.write(contentsOf: Data(buffer))  // see above
        written += Int64(buffer.count)
        buffer.removeAll(keepingCapacity: true)
    }
}
