import Synchronization

/// The standard copy while it is written: tiles come from several threads in any order, the directory last.
final class StandardFile: Sendable {
    /// Width and height of a tile in pixels.
    static let side = 512

    let width: Int
    let height: Int
    /// 3 or 4.
    let channels: Int
    private let file: SharedFile
    private let tiles: Mutex<TileIndex>
    /// Room for the larger of the two headers: which one it is shows at the end.
    private static let headerSize = TIFFForm(isBig: true).headerSize

    init(creating path: String, width: Int, height: Int, channels: Int) throws {
        (self.width, self.height, self.channels) = (width, height, channels)
        file = try SharedFile(creating: path)
        tiles = Mutex(TileIndex(width: width, height: height, side: Self.side))
        _ = try file.append([UInt8](repeating: 0, count: Self.headerSize))
    }

    func add(_ tile: UnsafeRawBufferPointer, column: Int, row: Int) throws {
        let place = TileIndex.Place(offset: try file.append(tile), size: tile.count)
        tiles.withLock { $0[column, row] = place }
    }

    /// Writes the directory and makes the file one.
    /// - Parameter sketch: says all but the size and where the tiles are.
    func finish(_ sketch: TIFFDirectory) throws {
        let tiles = tiles.withLock { $0.tiles }
        let end = tiles.compactMap { $0.map { $0.offset + $0.size } }.max() ?? Self.headerSize
        // The directory itself takes room, too.
        let isBig = end + tiles.count * 16 + (1 << 16) > Int(UInt32.max)
        var directory = sketch
        directory.set(TIFFField(.imageWidth, long: [UInt32(width)]))
        directory.set(TIFFField(.imageLength, long: [UInt32(height)]))
        directory.set(TIFFField(.tileOffsets, offsets: tiles.map { $0?.offset ?? 0 }, isBig: isBig))
        directory.set(TIFFField(.tileByteCounts, long: tiles.map { UInt32($0?.size ?? 0) }))
        let start = try file.append([UInt8](repeating: 0, count: end % 2)) + end % 2
        _ = try file.append(directory.bytes(at: start, next: 0, isBig: isBig))
        try TIFFForm(isBig: isBig).header(firstDirectory: start).withUnsafeBytes { try file.write($0, at: 0) }
    }
}
