/// The highest point of each square of a scene.
struct SceneCeiling: Sendable {
    private static let shift = 5
    private let columns: Int
    private let rows: Int
    private let highest: [Float]

    init(_ scene: Scene) {
        columns = (scene.columns >> Self.shift) + 1
        rows = (scene.rows >> Self.shift) + 1
        var highest = [Float](repeating: -.infinity, count: columns * rows)
        for row in 0..<scene.rows {
            let base = (row >> Self.shift) * columns
            for column in 0..<scene.columns {
                let square = base + (column >> Self.shift)
                highest[square] = max(highest[square], scene.heights[row * scene.columns + column])
            }
        }
        self.highest = highest
    }

    /// Nothing around this cell of the scene is higher. Outside, the nearest edge counts.
    @inline(__always)
    func height(_ cell: SIMD2<Float>) -> Float {
        let column = min(max(Int(cell.x) >> Self.shift, 0), columns - 1)
        let row = min(max(Int(cell.y) >> Self.shift, 0), rows - 1)
        return highest[row * columns + column]
    }
}
