import Failures
import Imagery
import Testing

/// TIFF and DNG files that lead astray on purpose.
@Suite struct DamagedTIFFTests {
    @Test(arguments: [false, true]) func survivesDamage(isBigEndian: Bool) throws {
        let whole = TestPhoto(isBigEndian: isBigEndian).tiff(gap: 40, isDNG: true)
        var random = SplitMix(state: 11)
        var described = 0
        for _ in 0..<3000 {
            var damaged = whole
            for _ in 0..<random.below(5) + 1 { damaged[4 + random.below(whole.count - 4)] = UInt8(random.below(256)) }
            if random.below(4) == 0 { damaged.removeLast(random.below(whole.count - 8)) }
            let facts = try PhotoReader.read(head: damaged)
            if facts.metadata.model != nil { described += 1 }
        }
        #expect(described > 500 && described < 3000)
    }

    @Test func absurdSizesAreNone() throws {
        var writer = TIFFWriter(isBigEndian: false, gap: 0)
        writer.first = writer.directory([.long(0x0100, 0xFFFF_FFFF), .long(0x0101, 0xFFFF_FFFF)])
        let metadata = try PhotoReader.read(head: writer.bytes).metadata
        #expect(metadata.width == nil && metadata.height == nil)
    }

    /// Directories that point at themselves, and a list of sub-directories that never ends.
    @Test func loopsEnd() throws {
        var writer = TIFFWriter(isBigEndian: false, gap: 0)
        writer.first = writer.directory([
            .short(0x0100, 40), .short(0x0101, 30), .long(0x014A, 8), .long(0x8769, 8), .long(0x8825, 8),
        ])
        #expect(writer.first == 8)
        #expect(try PhotoReader.read(head: writer.bytes).metadata.width == 40)
    }
}
