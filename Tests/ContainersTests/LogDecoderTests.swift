import Failures
import Testing

@testable import Containers

@Suite struct LogDecoderTests {
    private static let time = "2026-11-22T14:41:21.123456789Z"

    private func frame(_ stream: UInt8, _ text: String, time: String = LogDecoderTests.time) -> [UInt8] {
        let payload = Array("\(time) \(text)".utf8)
        let size = UInt32(payload.count)
        return [stream, 0, 0, 0] + (0..<4).map { UInt8(truncatingIfNeeded: size >> (24 - 8 * $0)) } + payload
    }

    @Test(arguments: [1, 2, 3, 7, 8, 9, 64, 100_000])
    func makesTheSameLinesOfPiecesOfAnySize(pieceSize: Int) throws {
        let bytes = frame(1, "first\n") + frame(2, "warning\r\n") + frame(1, "half ") + frame(1, "and half\n")
        var decoder = LogDecoder(after: nil)
        var lines: [LogLine] = []
        for start in stride(from: 0, to: bytes.count, by: pieceSize) {
            lines += try decoder.feed(Array(bytes[start..<min(start + pieceSize, bytes.count)]))
        }
        #expect(lines.map(\.text) == ["first", "warning", "half and half"])
        #expect(lines.map(\.stream) == [.output, .error, .output])
    }

    @Test func keepsTheStreamsApartWhileLinesAreIncomplete() throws {
        var decoder = LogDecoder(after: nil)
        let lines = try decoder.feed(frame(1, "out ") + frame(2, "error\n") + frame(1, "put\n"))
        #expect(lines.map(\.text) == ["error", "out put"])
    }

    @Test func returnsALastLineWithoutNewlineAtTheEnd() throws {
        var decoder = LogDecoder(after: nil)
        #expect(try decoder.feed(frame(1, "prompt> ")).isEmpty)
        #expect(decoder.finish().map(\.text) == ["prompt> "])
    }

    @Test func keepsEmptyLines() throws {
        var decoder = LogDecoder(after: nil)
        #expect(try decoder.feed(frame(1, "\n") + frame(1, "a\n")).map(\.text) == ["", "a"])
    }

    @Test func tellsLinesOfTheSameNanosecondApart() throws {
        var first = LogDecoder(after: nil)
        let bytes = frame(1, "a\n") + frame(1, "b\n") + frame(1, "c\n")
        let lines = try first.feed(bytes)
        #expect(lines.map(\.position.ordinal) == [1, 2, 3])
        var second = LogDecoder(after: lines[1].position)
        #expect(try second.feed(bytes).map(\.text) == ["c"])
    }

    /// The engine reads the streams one beside the other: what is asked for next must not be what came already.
    @Test func goesOnAfterTheLatestLineAlsoWhereAnEarlierOneCameLast() throws {
        let (early, late) = ("2026-11-22T14:41:21.000000001Z", "2026-11-22T14:41:21.000000002Z")
        var decoder = LogDecoder(after: nil)
        let bytes = frame(1, "late\n", time: late) + frame(2, "early\n", time: early)
        #expect(try decoder.feed(bytes).map(\.text) == ["late", "early"])
        var next = LogDecoder(after: decoder.position)
        #expect(try next.feed(bytes + frame(1, "end", time: "2026-11-22T14:41:21.000000003Z")).isEmpty)
        #expect(next.finish().map(\.text) == ["end"])
    }

    @Test func cutsALineThatNeverEnds() throws {
        var decoder = LogDecoder(after: nil)
        let piece = String(repeating: "x", count: 16384)
        var lines: [LogLine] = []
        for _ in 0..<130 { lines += try decoder.feed(frame(1, piece)) }
        #expect(lines.map { $0.text.utf8.count } == [1 << 20, 1 << 20])
    }

    @Test(arguments: ["HTTP/1.1 500 oops", "\u{1}\u{0}\u{0}\u{0}\u{7f}\u{7f}\u{7f}\u{7f}"])
    func refusesWhatIsNoLog(text: String) {
        var decoder = LogDecoder(after: nil)
        #expect(throws: Failure.self) { try decoder.feed(Array(text.utf8)) }
    }

    @Test func writesAPositionThatItCanReadAgain() throws {
        let position = LogPosition(time: EngineTime(seconds: 1_795_358_481, nanoseconds: 1_000), ordinal: 3)
        #expect(position.description == "1795358481.000001000/3")
        #expect(LogPosition(position.description) == position)
        #expect(LogPosition("1795358481/3") == nil)
    }
}

@Suite struct EngineTimeTests {
    @Test(arguments: [
        ("1970-01-01T00:00:00Z", 0, 0), ("2026-11-22T14:41:21.123456789Z", 1_795_358_481, 123_456_789),
        ("2024-02-29T23:59:59.5Z", 1_709_251_199, 500_000_000), ("2024-03-01T00:00:00Z", 1_709_251_200, 0),
        ("2026-11-22T15:41:21+01:00", 1_795_358_481, 0), ("2026-11-22T09:11:21.1-05:30", 1_795_358_481, 100_000_000),
    ])
    func readsTheTimesOfEngines(text: String, seconds: Int64, nanoseconds: Int32) throws {
        #expect(try #require(EngineTime(text)) == EngineTime(seconds: seconds, nanoseconds: nanoseconds))
    }

    @Test func takesGoZeroTimeForNever() throws {
        #expect(try #require(EngineTime("0001-01-01T00:00:00Z")).date == nil)
    }

    @Test(arguments: [
        "", "2026-11-22", "2026-13-22T00:00:00Z", "2026-11-22T14:41:21", "2026-11-22T14:41:21.Z",
        "2026-11-22T14:41:21Zx",
    ])
    func refusesWhatIsNoTime(text: String) {
        #expect(EngineTime(text) == nil)
    }
}
