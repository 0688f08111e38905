/// The forest as two rasters seen from straight above: what photos are taken of, and the truth to compare with.
///
/// Coordinates are metres from the middle of the scene, `x` east, `y` north; row 0 is the northern edge.
struct Scene: Sendable {
    /// Metres per cell.
    let cell: Float
    let columns: Int
    let rows: Int
    /// Height of whatever is on top above the take-off point, metres.
    let heights: [Float]
    /// Lit red, green, blue and one unused byte a cell.
    let colors: [UInt8]
    let highest: Float
    let lowest: Float

    /// Builds the scene that covers `halfWidth` × `halfHeight` metres in all four directions.
    init(seed: UInt64, extent: Double, halfWidth: Double, halfHeight: Double, cell: Double) {
        let terrain = Terrain(seed: seed, extent: extent)
        var canvas = SceneCanvas(
            columns: Int(2 * halfWidth / cell) + 1, rows: Int(2 * halfHeight / cell) + 1, cell: Float(cell),
            ground: GroundPainter(seed: seed, terrain: terrain))
        let (width, height) = (Float(halfWidth), Float(halfHeight))
        let crowns = CrownPainter(seed: seed)
        for tree in Forest(seed: seed, terrain: terrain).trees(x: -width...width, y: -height...height) {
            crowns.paint(tree, on: terrain.height(tree.x, tree.y), into: &canvas)
        }
        self.cell = canvas.cell
        columns = canvas.columns
        rows = canvas.rows
        heights = canvas.cells.map(\.height)
        highest = heights.max() ?? 0
        lowest = heights.min() ?? 0
        colors = SceneLight(canvas, highest: highest).render()
    }

    var west: Float { -Float(columns) / 2 * cell }
    var north: Float { Float(rows) / 2 * cell }
}
