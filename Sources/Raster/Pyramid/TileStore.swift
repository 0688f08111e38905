import Synchronization

/// The finished tiles of all levels, in the order in which they were made, in a scratch file.
final class TileStore: Sendable {
    let file: SharedFile
    private let levels: Mutex<[Level]>

    struct Level {
        var images: TileIndex
        var masks: TileIndex
    }

    /// - Parameter path: of the scratch file, which has no name once it is open.
    init(_ grid: WebMapGrid, scratch path: String) throws {
        file = try SharedFile(creating: path, isScratch: true)
        levels = Mutex(
            grid.levels.map { size in
                let index = TileIndex(width: size.width, height: size.height, side: WebMapGrid.side)
                return Level(images: index, masks: index)
            })
    }

    func add(_ tile: TileAddress, image: [UInt8], mask: [UInt8]) throws {
        let offset = try file.append(image + mask)
        levels.withLock {
            $0[tile.level].images[tile.column, tile.row] = .init(offset: offset, size: image.count)
            $0[tile.level].masks[tile.column, tile.row] = .init(offset: offset + image.count, size: mask.count)
        }
    }

    /// All that is there, the full image first.
    var index: [Level] { levels.withLock { $0 } }
}

/// A tile: its level, 0 being the full image, and its place there.
struct TileAddress: Hashable {
    var level: Int
    var column: Int
    var row: Int

    /// The tile of the next smaller level that it becomes a quarter of.
    var parent: TileAddress { TileAddress(level: level + 1, column: column / 2, row: row / 2) }

    /// The four tiles that it is made of, some of which may lie beyond the image.
    var children: [TileAddress] {
        [(0, 0), (1, 0), (0, 1), (1, 1)].map {
            TileAddress(level: level - 1, column: column * 2 + $0.0, row: row * 2 + $0.1)
        }
    }

    /// Which quarter of its parent it becomes: the quarter's first pixel.
    var quarter: (x: Int, y: Int) { (column % 2 * WebMapGrid.side / 2, row % 2 * WebMapGrid.side / 2) }
}
