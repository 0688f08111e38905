/// How a raster becomes a pyramid of tiles, decided before any pixel is read.
struct PyramidPlan {
    let grid: WebMapGrid
    /// The level at which one tile covers what one thread makes at a time.
    let patchLevel: Int
    let across: CubicKernel
    let down: CubicKernel

    /// Patches of 8 x 8 tiles have little overlap, and their sources fit into some 40 MiB.
    private static let largestPatchLevel = 3
    private static let sourcePixels = 12_000_000.0

    /// - Returns: nil for what needs GDAL's warper: where the raster's pixels differ much from square, or the way between
    ///   the two systems is too crooked.
    init?(for place: SuggestedPlace, through map: (WebMapGrid) throws -> SourceMap) rethrows {
        guard let grid = WebMapGrid(of: place) else { return nil }
        let map = try map(grid)
        guard let ratios = map.ratios(width: grid.width, height: grid.height),
            map.isSmooth(width: grid.width, height: grid.height), let across = CubicKernel(ratio: ratios.across),
            let down = CubicKernel(ratio: ratios.down)
        else { return nil }
        let perTile = Double(WebMapGrid.side * WebMapGrid.side) * ratios.across * ratios.down
        guard
            let level = (0...Self.largestPatchLevel).last(where: {
                perTile * Double(1 << (2 * $0)) < Self.sourcePixels
            })
        else { return nil }
        self.grid = grid
        self.across = across
        self.down = down
        // No patch is larger than the pyramid.
        patchLevel = min(level, grid.levels.count - 1)
    }

    /// Room for the taps beyond the outermost positions.
    var margin: Int { max(across.taps, down.taps) / 2 + 2 }

    /// All patches, row by row, each named by the one tile that it ends in.
    var patches: [TileAddress] {
        let size = grid.levels[patchLevel], side = WebMapGrid.side
        return (0..<(size.height + side - 1) / side).flatMap { row in
            (0..<(size.width + side - 1) / side).map { TileAddress(level: patchLevel, column: $0, row: row) }
        }
    }

    /// Whether there is such a tile.
    func has(_ tile: TileAddress) -> Bool {
        guard tile.level < grid.levels.count else { return false }
        let size = grid.levels[tile.level], side = WebMapGrid.side
        return tile.column * side < size.width && tile.row * side < size.height
    }
}
