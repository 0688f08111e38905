import Foundation

/// Headers of BigTIFFs that claim more than there is, in UTM zone 32 N.
struct HostileTIFF {
    var width = 600
    var height = 600
    var bands = 3
    var bits = 8
    var tileWidth = 512
    var tileHeight = 512
    /// Where all tiles lie; 0 is nowhere.
    var offset: UInt64 = 0
    var tileBytes: UInt64 = 0

    /// Source: https://www.awaresystems.be/imaging/tiff/bigtiff.html
    func write(_ url: URL) throws {
        let tiles = ((width - 1) / tileWidth + 1) * ((height - 1) / tileHeight + 1)
        let keys: [UInt16] = [1, 1, 0, 3, 1024, 0, 1, 1, 1025, 0, 1, 1, 3072, 0, 1, 32632]
        var entries: [Entry] = [
            Entry(256, .uint32, [UInt32(width)]), Entry(257, .uint32, [UInt32(height)]),
            Entry(258, .uint16, Array(repeating: UInt16(bits), count: bands)), Entry(259, .uint16, [UInt16(8)]),
            Entry(262, .uint16, [UInt16(bands < 3 ? 1 : 2)]), Entry(277, .uint16, [UInt16(clamping: bands)]),
            Entry(284, .uint16, [UInt16(1)]), Entry(322, .uint32, [UInt32(tileWidth)]),
            Entry(323, .uint32, [UInt32(tileHeight)]),
            Entry(324, tiles, of: offset),
            Entry(325, tiles, of: tileBytes),
            Entry(33550, .double, [0.1, 0.1, 0].map(\.bitPattern)),
            Entry(33922, .double, [0, 0, 0, 500_000, 5_300_000, 0].map(\.bitPattern)), Entry(34735, .uint16, keys),
        ]
        if bands > 3 { entries.append(Entry(338, .uint16, Array(repeating: UInt16(0), count: bands - 3))) }
        try Self.file(entries.sorted { $0.tag < $1.tag }).write(to: url)
    }

    private static func file(_ entries: [Entry]) -> Data {
        var directory = bytes(UInt64(entries.count)), values = Data()
        let start = 16 + 8 + 20 * entries.count + 8
        for entry in entries {
            directory += bytes(entry.tag) + bytes(entry.type.rawValue) + bytes(UInt64(entry.count))
            if entry.payload.count <= 8 {
                directory += entry.payload + Data(count: 8 - entry.payload.count)
            } else {
                directory += bytes(UInt64(start + values.count))
                values += entry.payload
            }
        }
        let head = Data("II".utf8) + bytes(UInt16(43)) + bytes(UInt16(8)) + bytes(UInt16(0)) + bytes(UInt64(16))
        return head + directory + bytes(UInt64(0)) + values
    }

    private enum FieldType: UInt16 { case uint16 = 3, uint32 = 4, double = 12, uint64 = 16 }

    private struct Entry {
        let tag: UInt16
        let type: FieldType
        let count: Int
        let payload: Data

        init<Number: FixedWidthInteger>(_ tag: UInt16, _ type: FieldType, _ values: [Number]) {
            (self.tag, self.type, count) = (tag, type, values.count)
            payload = values.reduce(into: Data()) { $0 += HostileTIFF.bytes($1) }
        }

        /// The same number for every tile.
        init(_ tag: UInt16, _ tiles: Int, of value: UInt64) {
            (self.tag, type, count) = (tag, .uint64, tiles)
            payload = value == 0 ? Data(count: 8 * tiles) : Data((0..<tiles).flatMap { _ in HostileTIFF.bytes(value) })
        }
    }

    fileprivate static func bytes<Number: FixedWidthInteger>(_ number: Number) -> Data {
        withUnsafeBytes(of: number.littleEndian) { Data($0) }
    }
}
