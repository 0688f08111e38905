/// Small windows spread evenly over a whole raster, corners included: a sample whose size does not grow with it.
enum SampleGrid {
    /// - Parameters:
    ///   - perSide: windows a row and a column.
    ///   - size: width and height of each in pixels; windows overlap only in rasters that are smaller than them all.
    static func windows(width: Int, height: Int, perSide: Int = 12, size: Int = 64) -> [PixelWindow] {
        starts(height, perSide, size).flatMap { y in
            starts(width, perSide, size).map { x in
                PixelWindow(x: x.start, y: y.start, width: x.length, height: y.length)
            }
        }
    }

    /// Short pieces along the four edges.
    static func edges(width: Int, height: Int, perSide: Int = 128, size: Int = 8) -> [PixelWindow] {
        let columns = starts(width, perSide, size), rows = starts(height, perSide, size)
        return columns.flatMap { x in
            [0, height - 1].map { PixelWindow(x: x.start, y: $0, width: x.length, height: 1) }
        }
            + rows.flatMap { y in
                [0, width - 1].map { PixelWindow(x: $0, y: y.start, width: 1, height: y.length) }
            }
    }

    private static func starts(_ length: Int, _ count: Int, _ size: Int) -> [(start: Int, length: Int)] {
        guard length > count * size else {
            return stride(from: 0, to: length, by: size).map { ($0, min(size, length - $0)) }
        }
        return (0..<count).map { ((length - size) * $0 / (count - 1), size) }
    }
}
