/// What is on top of one cell, before light falls on it.
struct SceneCell: Sendable {
    /// Above the take-off point, metres.
    var height: Float
    private let red: UInt8
    private let green: UInt8
    private let blue: UInt8
    let isWater: Bool

    /// `color` from 0 to 1.
    @inline(__always)
    init(height: Float, color: SIMD3<Float>, isWater: Bool = false) {
        self.height = height
        let bytes = pointwiseMin(pointwiseMax(color * 255, .zero), SIMD3(repeating: 255))
        (red, green, blue) = (UInt8(bytes.x), UInt8(bytes.y), UInt8(bytes.z))
        self.isWater = isWater
    }

    /// 0 to 255.
    @inline(__always)
    var color: SIMD3<Float> { SIMD3(Float(red), Float(green), Float(blue)) }
}

/// A scene while it is being painted.
struct SceneCanvas: Sendable {
    let columns: Int
    let rows: Int
    /// Metres per cell.
    let cell: Float
    var cells: [SceneCell]

    /// The bare ground.
    init(columns: Int, rows: Int, cell: Float, ground: GroundPainter) {
        self.columns = columns
        self.rows = rows
        self.cell = cell
        let (west, north) = (-Float(columns) / 2 * cell, Float(rows) / 2 * cell)
        cells = Strips.map(rows: rows) { strip in
            strip.flatMap { row in
                (0..<columns).map { column in
                    ground.paint(west + (Float(column) + 0.5) * cell, north - (Float(row) + 0.5) * cell)
                }
            }
        }
    }

    var west: Float { -Float(columns) / 2 * cell }
    var north: Float { Float(rows) / 2 * cell }
}
