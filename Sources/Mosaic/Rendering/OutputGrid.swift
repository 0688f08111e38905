internal import Raster

/// The pixels of the orthophoto on the ground: north up, square pixels.
public struct OutputGrid: Equatable, Sendable {
    /// Easting and northing of the upper left corner.
    public let west: Double
    public let north: Double
    /// Metres per pixel.
    public let resolution: Double
    public let width: Int
    public let height: Int

    /// The smallest grid that holds a box, with its corners on whole multiples of the resolution.
    init(covering box: GroundBox, resolution: Double) {
        west = (box.min.x / resolution).rounded(.down) * resolution
        north = (box.max.y / resolution).rounded(.up) * resolution
        self.resolution = resolution
        width = max(1, Int(((box.max.x - west) / resolution).rounded(.up)))
        height = max(1, Int(((north - box.min.y) / resolution).rounded(.up)))
    }

    /// The middle of a pixel.
    func ground(column: Double, row: Double) -> SIMD2<Double> {
        SIMD2(west + (column + 0.5) * resolution, north - (row + 0.5) * resolution)
    }

    func box(of window: PixelWindow) -> GroundBox {
        GroundBox([
            ground(column: Double(window.x) - 0.5, row: Double(window.y) - 0.5),
            ground(column: Double(window.x + window.width) - 0.5, row: Double(window.y + window.height) - 0.5),
        ])
    }

    var window: PixelWindow { PixelWindow(x: 0, y: 0, width: width, height: height) }
}

extension PixelWindow {
    /// The window cut into squares of at most `side` pixels, row by row, every other row backwards, so that
    /// neighbours in the list are neighbours on the ground.
    func tiles(side: Int) -> [PixelWindow] {
        stride(from: 0, to: height, by: side).enumerated().flatMap { index, top in
            let row = stride(from: 0, to: width, by: side).map { left in
                PixelWindow(x: x + left, y: y + top, width: min(side, width - left), height: min(side, height - top))
            }
            return index.isMultiple(of: 2) ? row : row.reversed()
        }
    }
}
