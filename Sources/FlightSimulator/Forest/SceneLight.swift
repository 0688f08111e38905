internal import Foundation

/// Sunlight: shading by slope, and cast shadows.
struct SceneLight {
    private let canvas: SceneCanvas
    /// Towards the sun: east, north, up.
    private let sun: SIMD3<Float>
    /// Metres that a shadow ray rises for each metre that it goes.
    private let rise: Float
    private let highest: Float

    /// A sun 48 degrees high in the south-southeast.
    init(_ canvas: SceneCanvas, highest: Float) {
        self.highest = highest
        self.canvas = canvas
        let (elevation, azimuth) = (Float(48) * .pi / 180, Float(155) * .pi / 180)
        sun = SIMD3(sin(azimuth) * cos(elevation), cos(azimuth) * cos(elevation), sin(elevation))
        rise = tan(elevation)
    }

    /// Eight bits of red, green, blue and one unused byte a cell.
    func render() -> [UInt8] {
        let (columns, rows) = (canvas.columns, canvas.rows)
        return canvas.cells.withUnsafeBufferPointer { cells in
            nonisolated(unsafe) let cells = cells
            return Strips.map(rows: rows) { strip in
                [UInt8](unsafeUninitializedCapacity: strip.count * columns * 4) { bytes, count in
                    for row in strip {
                        for column in 0..<columns {
                            let light = light(cells, column, row)
                            let color = tone(cells[row * columns + column], light)
                            for channel in 0..<4 { bytes[count + channel] = color[channel] }
                            count += 4
                        }
                    }
                }
            }
        }
    }

    /// Brightness of direct and scattered light on a cell.
    @inline(__always)
    private func light(_ cells: UnsafeBufferPointer<SceneCell>, _ column: Int, _ row: Int) -> Float {
        let (columns, rows) = (canvas.columns, canvas.rows)
        let here = row * columns + column
        let left = cells[here - (column > 0 ? 1 : 0)].height,
            right = cells[here + (column < columns - 1 ? 1 : 0)].height
        let up = cells[here - (row > 0 ? columns : 0)].height,
            down = cells[here + (row < rows - 1 ? columns : 0)].height
        let slope = SIMD3((left - right) / (2 * canvas.cell), (down - up) / (2 * canvas.cell), 1)
        // Steep steps at the rims of crowns would be black or glaring lines.
        let gentle = SIMD3(min(max(slope.x, -1.5), 1.5), min(max(slope.y, -1.5), 1.5), 1)
        let facing = max(0, (gentle * sun).sum() / (gentle * gentle).sum().squareRoot())
        let direct: Float = isShaded(cells, column, row) ? 0 : 0.85 * facing
        return 0.46 + direct
    }

    @inline(__always)
    private func isShaded(_ cells: UnsafeBufferPointer<SceneCell>, _ column: Int, _ row: Int) -> Bool {
        let length: Float = max(0.35, canvas.cell * 1.5)
        let flat = (sun.x * sun.x + sun.y * sun.y).squareRoot()
        let stepX = sun.x / flat * length / canvas.cell, stepY = -sun.y / flat * length / canvas.cell
        var (x, y) = (Float(column) + 0.5, Float(row) + 0.5)
        var ray = cells[row * canvas.columns + column].height + 0.25
        while ray < highest {
            x += stepX
            y += stepY
            ray += rise * length
            guard x >= 0, y >= 0, x < Float(canvas.columns), y < Float(canvas.rows) else { return false }
            if cells[Int(y) * canvas.columns + Int(x)].height > ray { return true }
        }
        return false
    }

    /// Colour times light, bluish in the shade, as a camera would record it.
    @inline(__always)
    private func tone(_ cell: SceneCell, _ light: Float) -> SIMD4<UInt8> {
        let shade = max(0, 0.7 - light)
        let tint = SIMD3<Float>(1 - 0.25 * shade, 1 - 0.1 * shade, 1 + 0.3 * shade)
        // Water mirrors the sky and hardly shows slopes.
        let lit = cell.color * tint * ((cell.isWater ? 0.55 + 0.5 * light : light) * 1.12)
        let color = pointwiseMin(lit, SIMD3(repeating: 255))
        return SIMD4(UInt8(color.x), UInt8(color.y), UInt8(color.z), 255)
    }
}
