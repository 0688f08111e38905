import CPixels

/// Where the pixels of the web map lie in a north-up source.
///
/// Exact at every 64th pixel, and linear between: over so short a way map projections are as good as straight.
struct SourceMap: ~Copyable {
    /// Pixels of the grid from one exact point to the next.
    static let step = 64
    /// The error that is allowed, in pixels of the source.
    private static let tolerance = 0.05

    private let toSource: CoordinateTransform
    private let grid: GeoTransform
    private let source: GeoTransform

    init(from grid: WebMapGrid, to crs: borrowing CoordinateSystem, _ transform: GeoTransform) throws {
        toSource = try CoordinateTransform(from: CoordinateSystem(epsg: 3857), to: crs)
        self.grid = grid.transform
        source = transform
    }

    /// Source positions of grid positions, both in pixels; nil where there is none.
    func positions(_ points: [(column: Double, row: Double)]) -> [(x: Double, y: Double)?] {
        toSource.points(points.map { grid.apply(column: $0.column, row: $0.row) }).map { point in
            point.map { (($0.x - source.originX) / source.columnX, ($0.y - source.originY) / source.rowY) }
        }
    }

    /// Source pixels for each pixel of the grid, across and down, around the middle of it.
    func ratios(width: Int, height: Int) -> (across: Double, down: Double)? {
        let (x, y) = (Double(width) / 2, Double(height) / 2), step = Double(Self.step)
        let found = positions([(x, y), (x + step, y), (x, y + step)])
        guard let here = found[0], let right = found[1], let below = found[2] else { return nil }
        return (abs(right.x - here.x) / step, abs(below.y - here.y) / step)
    }

    /// Whether straight lines between the exact points are good enough, looked at in many places.
    func isSmooth(width: Int, height: Int) -> Bool {
        let step = Double(Self.step), places = (0...16).map { Double($0) / 16 }
        let corners = places.flatMap { y in
            places.map { x in (x * max(0, Double(width) - step), y * max(0, Double(height) - step)) }
        }
        return corners.allSatisfy { x, y in
            let found = positions([
                (x, y), (x + step, y), (x, y + step), (x + step, y + step), (x + step / 2, y + step / 2),
            ])
            let points = found.compactMap { $0 }
            guard points.count == 5 else { return false }
            let (meanX, meanY) = points.prefix(4).reduce((0, 0)) { ($0.0 + $1.x / 4, $0.1 + $1.y / 4) }
            return abs(meanX - points[4].x) < Self.tolerance && abs(meanY - points[4].y) < Self.tolerance
        }
    }

    /// The exact points of a square part of the grid.
    /// - Parameters:
    ///   - column, row: its upper left pixel.
    ///   - side: a multiple of `step`.
    /// - Returns: nil where one of them lies nowhere in the source's coordinate system.
    func lattice(column: Int, row: Int, side: Int) -> Lattice? {
        let count = side / Self.step + 1
        let points = (0..<count * count).map { index in
            (
                column: Double(column + index % count * Self.step), row: Double(row + index / count * Self.step)
            )
        }
        let found = positions(points).compactMap { $0 }
        guard found.count == points.count else { return nil }
        return Lattice(count: count, xs: found.map(\.x), ys: found.map(\.y))
    }

    struct Lattice {
        /// Points along a side.
        let count: Int
        let xs: [Double]
        let ys: [Double]

        /// The part of a raster that the points lie in, with a margin of so many pixels; nil outside of it.
        func window(margin: Int, width: Int, height: Int) -> PixelWindow? {
            guard let left = xs.min(), let right = xs.max(), let top = ys.min(), let bottom = ys.max() else {
                return nil
            }
            // Clamped before they become integers: they may be far away.
            func pixel(_ value: Double, _ shift: Int, _ limit: Int) -> Int {
                Int(min(max(value + Double(shift), 0), Double(limit)))
            }
            let (x, y) = (pixel(left.rounded(.down), -margin, width), pixel(top.rounded(.down), -margin, height))
            let (endX, endY) = (pixel(right.rounded(.up), margin, width), pixel(bottom.rounded(.up), margin, height))
            return endX > x && endY > y ? PixelWindow(x: x, y: y, width: endX - x, height: endY - y) : nil
        }

        /// The way through the source of one row of pixels between two exact points.
        /// - Parameters:
        ///   - cell: of the lattice, from its upper left.
        ///   - row: within the cell.
        ///   - origin: the window whose pixels are at hand.
        func path(cellX: Int, cellY: Int, row: Int, in origin: PixelWindow) -> pixels_path {
            let share = (Double(row) + 0.5) / Double(SourceMap.step), upper = cellY * count + cellX
            let lower = upper + count
            func along(_ values: [Double], _ shift: Int, _ offset: Int) -> Double {
                values[upper + shift] * (1 - share) + values[lower + shift] * share - Double(offset)
            }
            let (x0, y0) = (along(xs, 0, origin.x), along(ys, 0, origin.y))
            let (dx, dy) = (
                (along(xs, 1, origin.x) - x0) / Double(SourceMap.step),
                (along(ys, 1, origin.y) - y0) / Double(SourceMap.step)
            )
            return pixels_path(x: x0 + dx / 2, y: y0 + dy / 2, dx: dx, dy: dy)
        }
    }
}
