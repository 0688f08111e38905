import HTTPTypes
import NIOCore

/// Reads multipart/form-data while it arrives, and holds no more of it than a delimiter and a part's headers.
/// Source: https://www.rfc-editor.org/rfc/rfc7578.html and RFC 2046, 5.1
struct MultipartParser {
    enum Event: Equatable {
        case part(PartHead)
        /// Bytes of the part that began last; a slice of what was fed.
        case bytes(ByteBuffer)
        case partEnd
    }

    private enum State { case preamble, afterDelimiter, head, body, end }

    private static let headEnd = BytePattern("\r\n\r\n")
    private static let largestHead = 16 << 10
    private static let mostParts = 256

    private let delimiter: BytePattern
    private var state = State.preamble
    /// What could not be judged yet. It begins with the line end that the first delimiter may lack.
    private var held = ByteBuffer(string: "\r\n")
    private var parts = 0

    /// - Parameter boundary: as the Content-Type says it.
    /// - Throws: `Problem` 400.
    init(boundary: String) throws(Problem) {
        // RFC 2046: 1 to 70 characters.
        guard (1...70).contains(boundary.utf8.count) else {
            throw .brokenForm("its boundary is not of 1 to 70 characters")
        }
        delimiter = BytePattern("\r\n--" + boundary)
    }

    /// - Throws: `Problem` 400 for what is no such form.
    mutating func feed(_ bytes: ByteBuffer) throws(Problem) -> [Event] {
        var input = bytes
        if held.readableBytes > 0 {
            held.writeImmutableBuffer(bytes)
            swap(&input, &held)
        }
        held = ByteBuffer()
        var events: [Event] = []
        while try step(&input, &events) {}
        if input.readableBytes > 0 { held = input }
        return events
    }

    /// To be called when the body is over.
    /// - Throws: `Problem` 400 where the form is not.
    func finish() throws(Problem) {
        guard state == .end else { throw .brokenForm("it ends before its last boundary") }
    }

    /// One piece of progress. False when more bytes are needed.
    private mutating func step(_ input: inout ByteBuffer, _ events: inout [Event]) throws(Problem) -> Bool {
        switch state {
        case .preamble: return skipPreamble(&input)
        case .afterDelimiter: return try readDelimiterEnd(&input)
        case .head: return try readHead(&input, &events)
        case .body: return readBody(&input, &events)
        case .end:
            input.moveReaderIndex(to: input.writerIndex)
            return false
        }
    }

    private mutating func skipPreamble(_ input: inout ByteBuffer) -> Bool {
        if let index = input.withUnsafeReadableBytes(delimiter.firstIndex) {
            input.moveReaderIndex(forwardBy: index + delimiter.bytes.count)
            state = .afterDelimiter
            return true
        }
        let kept = input.withUnsafeReadableBytes(delimiter.possibleStart)
        input.moveReaderIndex(forwardBy: input.readableBytes - kept)
        return false
    }

    private mutating func readDelimiterEnd(_ input: inout ByteBuffer) throws(Problem) -> Bool {
        // Blanks may stand between a boundary and its line end.
        while let byte = input.getInteger(at: input.readerIndex, as: UInt8.self), byte == 0x20 || byte == 0x09 {
            input.moveReaderIndex(forwardBy: 1)
        }
        guard let ending = input.getInteger(at: input.readerIndex, as: UInt16.self) else { return false }
        switch ending {
        case 0x2D2D: state = .end
        case 0x0D0A:
            parts += 1
            guard parts <= Self.mostParts else { throw .brokenForm("it has more than \(Self.mostParts) parts") }
            // The line end stays: with no headers at all it is the first half of the blank line.
            state = .head
        default: throw .brokenForm("a boundary does not end its line")
        }
        return true
    }

    private mutating func readHead(_ input: inout ByteBuffer, _ events: inout [Event]) throws(Problem) -> Bool {
        guard let index = input.withUnsafeReadableBytes(Self.headEnd.firstIndex) else {
            guard input.readableBytes <= Self.largestHead else { throw .brokenForm("a part's headers are too long") }
            return false
        }
        let text = input.readString(length: index) ?? ""
        input.moveReaderIndex(forwardBy: Self.headEnd.bytes.count)
        guard let head = PartHead(text) else { throw .brokenForm("a part does not say its name") }
        events.append(.part(head))
        state = .body
        return true
    }

    private mutating func readBody(_ input: inout ByteBuffer, _ events: inout [Event]) -> Bool {
        let found = input.withUnsafeReadableBytes(delimiter.firstIndex)
        let count = found ?? input.readableBytes - input.withUnsafeReadableBytes(delimiter.possibleStart)
        if count > 0, let slice = input.readSlice(length: count) { events.append(.bytes(slice)) }
        guard found != nil else { return false }
        input.moveReaderIndex(forwardBy: delimiter.bytes.count)
        events.append(.partEnd)
        state = .afterDelimiter
        return true
    }
}

extension Problem {
    static func brokenForm(_ reason: String) -> Problem {
        Problem(.badRequest, "broken_form", "the request is no multipart/form-data that can be read: \(reason)")
    }
}
