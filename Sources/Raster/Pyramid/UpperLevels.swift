import Synchronization

/// The tiles above the patches, each made when the last of its four is there.
///
/// Patches come row by row, so that only about one row of tiles of each level waits at a time.
final class UpperLevels: @unchecked Sendable {
    private let plan: PyramidPlan
    private let encoder: TileEncoder
    private let store: TileStore
    // All that is not constant is behind this lock, the encoder included.
    private let lock = Mutex(())
    private var waiting: [TileAddress: Waiting] = [:]
    private var sawPixels = false

    private struct Waiting {
        let canvas: RGBAImage
        var missing: Int
    }

    init(_ plan: PyramidPlan, _ encoder: TileEncoder, _ store: TileStore) {
        self.plan = plan
        self.encoder = encoder
        self.store = store
    }

    /// Takes a finished tile, nil where nothing of it is valid.
    func add(_ pixels: RGBAImage?, _ tile: TileAddress) throws {
        try lock.withLock { _ in
            if pixels != nil { sawPixels = true }
            try addLocked(pixels, tile)
        }
    }

    /// Whether any tile had a valid pixel.
    var hasPixels: Bool { lock.withLock { _ in sawPixels } }

    private func addLocked(_ pixels: RGBAImage?, _ tile: TileAddress) throws {
        let parent = tile.parent
        guard plan.has(parent) else { return }
        var entry = waiting[parent] ?? begin(parent)
        if let pixels { entry.canvas.place(half: pixels, at: tile.quarter) }
        entry.missing -= 1
        waiting[parent] = entry
        guard entry.missing == 0 else { return }
        waiting[parent] = nil
        let hasPixels = try encoder.encode(entry.canvas, parent, to: store)
        try addLocked(hasPixels ? entry.canvas : nil, parent)
    }

    private func begin(_ tile: TileAddress) -> Waiting {
        let canvas = RGBAImage(width: WebMapGrid.side, height: WebMapGrid.side)
        canvas.clear()
        return Waiting(canvas: canvas, missing: tile.children.count { plan.has($0) })
    }
}
