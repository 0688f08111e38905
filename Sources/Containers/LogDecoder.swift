import Failures

/// Makes lines of the engine's log stream, whatever the pieces it arrives in.
///
/// The stream is frames: one byte for the stream, three zeros, the length (32 bits, big-endian), then a timestamp, a
/// space and a piece of a line. Lines of more than 16 KiB come in several frames; the last one ends with a newline.
/// Source: https://docs.docker.com/reference/api/engine/version/v1.41/#tag/Container/operation/ContainerAttach
struct LogDecoder {
    private static let headerSize = 8
    /// The engine's frames hold up to 16 KiB and a timestamp; other engines' may be larger.
    private static let largestFrame = 16 << 20

    private struct Partial {
        var bytes: [UInt8] = []
        var time: EngineTime?
    }

    private var buffer: [UInt8] = []
    private var partials: [LogLine.Stream: Partial] = [:]
    private var last: LogPosition?
    private var furthest: LogPosition?
    private let after: LogPosition?

    /// The latest whole line so far. It need not be the last that came: the engine reads the two streams one beside the
    /// other, and a line of one may come after a later one of the other.
    var position: LogPosition? { furthest ?? after }

    /// - Parameter after: lines up to this place are left out.
    init(after: LogPosition?) {
        self.after = after
    }

    /// Takes the next bytes and returns the lines that they complete.
    mutating func feed(_ bytes: [UInt8]) throws -> [LogLine] {
        buffer.append(contentsOf: bytes)
        var lines: [LogLine] = []
        var start = 0
        while let size = try payloadSize(at: start) {
            let payload = start + Self.headerSize
            guard buffer.count - payload >= size else { break }
            try take(buffer[payload..<(payload + size)], stream: buffer[start], into: &lines)
            start = payload + size
        }
        buffer.removeFirst(start)
        return lines
    }

    /// The rest, once the container has ended: what it wrote without a newline after it.
    mutating func finish() -> [LogLine] {
        var lines: [LogLine] = []
        for stream in [LogLine.Stream.output, .error] { complete(stream, into: &lines) }
        return lines
    }

    private func payloadSize(at start: Int) throws -> Int? {
        guard buffer.count - start >= Self.headerSize else { return nil }
        let header = buffer[start..<(start + Self.headerSize)]
        let size = header.suffix(4).reduce(0) { $0 << 8 | Int($1) }
        guard header[start] <= 2, header[start + 1] == 0, header[start + 2] == 0, header[start + 3] == 0,
            size <= Self.largestFrame
        else {
            throw Failure.dockerAnswerUnreadable("read the container's output", reason: "not a log frame: \(header)")
        }
        return size
    }

    private mutating func take(_ payload: ArraySlice<UInt8>, stream: UInt8, into lines: inout [LogLine]) throws {
        guard let space = payload.firstIndex(of: UInt8(ascii: " ")),
            let time = EngineTime(String(decoding: payload[..<space], as: UTF8.self))
        else {
            let start = String(decoding: payload.prefix(80), as: UTF8.self)
            throw Failure.dockerAnswerUnreadable("read the container's output", reason: "no timestamp: \(start)")
        }
        let stream = LogLine.Stream(rawValue: stream) ?? .output
        partials[stream, default: Partial()].bytes.append(contentsOf: payload[(space + 1)...])
        partials[stream]?.time = time
        let isWhole = payload.last == UInt8(ascii: "\n")
        if isWhole || partials[stream].map({ $0.bytes.count >= LogLine.longest }) == true {
            complete(stream, into: &lines)
        }
    }

    private mutating func complete(_ stream: LogLine.Stream, into lines: inout [LogLine]) {
        guard var partial = partials.removeValue(forKey: stream), let time = partial.time, !partial.bytes.isEmpty else {
            return
        }
        if partial.bytes.last == UInt8(ascii: "\n") { partial.bytes.removeLast() }
        if partial.bytes.last == UInt8(ascii: "\r") { partial.bytes.removeLast() }
        let position = LogPosition(time: time, ordinal: last?.time == time ? (last?.ordinal ?? 0) + 1 : 1)
        last = position
        furthest = max(furthest ?? position, position)
        if let after, position <= after { return }
        lines.append(LogLine(stream: stream, text: String(decoding: partial.bytes, as: UTF8.self), position: position))
    }
}
