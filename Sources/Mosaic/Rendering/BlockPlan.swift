internal import Raster

/// Which photos show which part of a block: only those that will matter are decoded and sampled.
struct BlockPlan: Sendable {
    /// Pixels along the side of a cell.
    static let cellSide = 32

    struct Cell: Sendable {
        let window: PixelWindow
        /// Indices of views.
        let views: [Int]
    }

    let window: PixelWindow
    let cells: [Cell]

    init(_ window: PixelWindow, grid: OutputGrid, views: [PhotoView]) {
        self.window = window
        let box = grid.box(of: window)
        let near = views.indices.filter { views[$0].box.intersects(box) }
        cells =
            near.isEmpty
            ? []
            : window.tiles(side: Self.cellSide).compactMap { cell in
                let chosen = Self.choose(near, for: cell, grid, views)
                return chosen.isEmpty ? nil : Cell(window: cell, views: chosen)
            }
    }

    var usedViews: Set<Int> { Set(cells.flatMap(\.views)) }

    /// Leaves out photos whose weight (the eighth power of the margin) stays under a five-hundredth of the best.
    private static func choose(
        _ candidates: [Int], for cell: PixelWindow, _ grid: OutputGrid, _ views: [PhotoView]
    ) -> [Int] {
        let middle = grid.ground(
            column: Double(cell.x) + Double(cell.width - 1) / 2, row: Double(cell.y) + Double(cell.height - 1) / 2)
        let radius = Double(cellSide) * grid.resolution * 0.71
        let margins = candidates.map { index in
            let margin = views[index].projection.margin(east: middle.x, north: middle.y)
            let reach = views[index].marginReach(radius)
            return (index: index, lowest: margin - reach, highest: margin + reach)
        }
        let best = margins.map(\.lowest).max() ?? 0
        return margins.filter { $0.highest > max(0, best * 0.46) }.map(\.index)
    }
}
