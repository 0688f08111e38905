/// Writes ZIP archives byte by byte, honest ones and others.
struct ZipBuilder {
    struct Entry {
        var name: [UInt8]
        var content: [UInt8]
        var method = 0
        /// What stands in the archive; the content itself unless told otherwise.
        var packed: [UInt8]?
        var statedSize: Int?
        var statedChecksum: UInt32?
        var flags = 0x0800
        /// 3 is Unix, whose file mode goes into the upper half of the attributes.
        var host = 3
        var mode = 0o100644
        /// Points at the local header of an earlier entry instead of having its own.
        var sharesHeaderOf: Int?
        var localName: [UInt8]?
        var isWide = false

        init(_ name: String, _ content: [UInt8]) {
            self.name = Array(name.utf8)
            self.content = content
        }
    }

    var entries: [Entry] = []
    var isWide = false
    var statedCount: Int?

    init(_ files: [(String, [UInt8])] = []) { entries = files.map { Entry($0.0, $0.1) } }

    mutating func add(_ name: String, _ content: [UInt8], _ change: (inout Entry) -> Void = { _ in }) {
        var entry = Entry(name, content)
        change(&entry)
        entries.append(entry)
    }

    func bytes() -> [UInt8] {
        var archive: [UInt8] = []
        var directory: [UInt8] = []
        var offsets: [Int] = []
        for entry in entries {
            let offset = entry.sharesHeaderOf.map { offsets[$0] } ?? archive.count
            offsets.append(offset)
            if entry.sharesHeaderOf == nil {
                archive += header(entry, isLocal: true, offset: 0) + (entry.packed ?? entry.content)
            }
            directory += header(entry, isLocal: false, offset: offset)
        }
        return archive + directory + end(directory: directory.count, at: archive.count)
    }

    private func header(_ entry: Entry, isLocal: Bool, offset: Int) -> [UInt8] {
        let name = isLocal ? entry.localName ?? entry.name : entry.name
        let size = entry.statedSize ?? entry.content.count
        let packedSize = (entry.packed ?? entry.content).count
        let wide = entry.isWide ? 0xFFFF_FFFF : nil
        var extra: [UInt8] = []
        if entry.isWide {
            extra = little(1, 2) + little(isLocal ? 16 : 24, 2) + little(size, 8) + little(packedSize, 8)
            if !isLocal { extra += little(offset, 8) }
        }
        var header = isLocal ? little(0x0403_4B50, 4) : little(0x0201_4B50, 4) + little(entry.host << 8 | 45, 2)
        header += little(45, 2) + little(entry.flags, 2) + little(entry.method, 2) + little(0, 4)
        header += little(Int(entry.statedChecksum ?? Checksum.crc32(entry.content)), 4)
        header += little(wide ?? packedSize, 4) + little(wide ?? size, 4)
        header += little(name.count, 2) + little(extra.count, 2)
        if !isLocal {
            header += little(0, 6) + little(entry.mode << 16, 4) + little(wide ?? offset, 4)
        }
        return header + name + extra
    }

    private func end(directory size: Int, at offset: Int) -> [UInt8] {
        let count = statedCount ?? entries.count
        guard isWide else {
            return little(0x0605_4B50, 4) + little(0, 4) + little(count, 2) + little(count, 2) + little(size, 4)
                + little(offset, 4) + little(0, 2)
        }
        let wide =
            little(0x0606_4B50, 4) + little(44, 8) + little(45, 2) + little(45, 2) + little(0, 8)
            + little(count, 8) + little(count, 8) + little(size, 8) + little(offset, 8)
        let locator = little(0x0706_4B50, 4) + little(0, 4) + little(offset + size, 8) + little(1, 4)
        return wide + locator + little(0x0605_4B50, 4) + little(0, 4) + little(0xFFFF, 2) + little(0xFFFF, 2)
            + little(0xFFFF_FFFF, 4) + little(0xFFFF_FFFF, 4) + little(0, 2)
    }

    private func little(_ value: Int, _ width: Int) -> [UInt8] {
        (0..<width).map { UInt8(truncatingIfNeeded: value >> ($0 * 8)) }
    }
}

/// CRC-32 as ZIP has it.
enum Checksum {
    private static let table: [UInt32] = (0..<256).map { byte in
        (0..<8).reduce(UInt32(byte)) { value, _ in value & 1 == 1 ? value >> 1 ^ 0xEDB8_8320 : value >> 1 }
    }

    static func crc32(_ bytes: [UInt8]) -> UInt32 {
        ~bytes.reduce(~0) { $0 >> 8 ^ table[Int(($0 ^ UInt32($1)) & 0xFF)] }
    }
}

/// Deflate streams written by hand. Source: https://www.rfc-editor.org/rfc/rfc1951
enum Deflate {
    /// Blocks that hold their bytes as they are.
    static func stored(_ bytes: [UInt8]) -> [UInt8] {
        var result: [UInt8] = []
        var offset = 0
        repeat {
            let block = bytes[offset..<min(bytes.count, offset + 0xFFFF)]
            offset += block.count
            let length = UInt16(block.count)
            result.append(offset == bytes.count ? 1 : 0)
            result += [UInt8(length & 0xFF), UInt8(length >> 8), UInt8(~length & 0xFF), UInt8(~length >> 8)]
            result += block
        } while offset < bytes.count
        return result
    }

    /// `head`, then zeros by the million, which no test could hold as they are: 2064 of them in each 13 bytes.
    static func endless(_ head: [UInt8], groups: Int) -> (packed: [UInt8], size: Int) {
        // The last block is the next one.
        let first = [0] + stored(head).dropFirst()
        // 16 runs, of which 8 fill 13 bytes: from the third byte on the stream repeats itself.
        let short = zeros(runs: 16)
        let middle = (1..<groups).flatMap { _ in short[2..<15] }
        return (first + short[..<2] + middle + short[15...], head.count + 1 + 258 * 8 * groups)
    }

    /// `1 + 258 * runs` zeros, 158 of them in a byte: a literal, then copies of the longest length at distance 1.
    static func zeros(runs: Int) -> [UInt8] {
        var bits: [UInt8] = [1, 1, 0]  // last block, fixed codes
        bits += [0, 0, 1, 1, 0, 0, 0, 0]  // literal 0
        for _ in 0..<runs { bits += [1, 1, 0, 0, 0, 1, 0, 1] + [0, 0, 0, 0, 0] }  // length 258, distance 1
        bits += [0, 0, 0, 0, 0, 0, 0]  // end of block
        return stride(from: 0, to: bits.count, by: 8).map { start in
            bits[start..<min(bits.count, start + 8)].enumerated().reduce(0) { $0 | $1.element << UInt8($1.offset) }
        }
    }
}
