import Testing

@testable import Settings

@Suite struct WrittenFormTests {
    @Test(arguments: [
        ("90s", Duration.seconds(90)), ("15m", .seconds(900)), ("24h", .seconds(86_400)), ("2d", .seconds(172_800)),
        ("500ms", .milliseconds(500)), ("0s", .zero),
    ])
    func readsADuration(_ text: String, _ expected: Duration) {
        #expect(Duration(written: text) == expected)
    }

    @Test(arguments: [
        "", "90", "s", "-5s", "1.5h", "90 s", "90S", "1h30m", "٣s", "9223372036854775807d", "99999999999999999999s",
    ])
    func refusesWhatIsNoDuration(_ text: String) {
        #expect(Duration(written: text) == nil)
    }

    @Test(arguments: ["0s", "90s", "15m", "36h", "1d", "500ms", "1001ms"])
    func writesADurationAsItIsRead(_ text: String) {
        #expect(Duration(written: text)?.written == text)
    }

    @Test(arguments: [
        ("512MiB", Int64(536_870_912)), ("96GiB", 103_079_215_104), ("1TiB", 1_099_511_627_776), ("3KiB", 3072),
        ("17B", 17), ("0B", 0),
    ])
    func readsASize(_ text: String, _ bytes: Int64) {
        #expect(ByteCount(written: text)?.bytes == bytes)
        #expect(ByteCount(written: text)?.description == text)
    }

    @Test(arguments: ["", "512", "MiB", "512MB", "1.5GiB", "-1GiB", "1 GiB", "9223372036854775807TiB"])
    func refusesWhatIsNoSize(_ text: String) {
        #expect(ByteCount(written: text) == nil)
    }

    @Test func takesAShareInWholeMebibytes() {
        #expect(ByteCount.gibibytes(120).share(percent: 80) == .gibibytes(96))
        #expect(ByteCount(bytes: 3_333_333_333).share(percent: 80).description == "2543MiB")
    }
}
