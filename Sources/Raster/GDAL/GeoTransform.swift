/// The affine map from pixel coordinates (column, row of a pixel's upper left corner) to the CRS.
public struct GeoTransform: Codable, Equatable, Sendable {
    public var originX: Double
    public var originY: Double
    /// CRS units a column in x and y.
    public var columnX: Double
    public var columnY: Double
    /// CRS units a row in x and y.
    public var rowX: Double
    public var rowY: Double

    /// North-up with square or oblong pixels: `pixelHeight` is positive and counts southwards.
    public init(originX: Double, originY: Double, pixelWidth: Double, pixelHeight: Double) {
        self.init(gdal: [originX, pixelWidth, 0, originY, 0, -pixelHeight])
    }

    /// GDAL's order of the six coefficients. Source: https://gdal.org/tutorials/geotransforms_tut.html
    init(gdal c: [Double]) {
        (originX, columnX, rowX) = (c[0], c[1], c[2])
        (originY, columnY, rowY) = (c[3], c[4], c[5])
    }

    public init(originX: Double, originY: Double, columnX: Double, columnY: Double, rowX: Double, rowY: Double) {
        self.init(gdal: [originX, columnX, rowX, originY, columnY, rowY])
    }

    var gdal: [Double] { [originX, columnX, rowX, originY, columnY, rowY] }

    /// Rows run south, columns east, nothing is rotated.
    public var isNorthUp: Bool { rowX == 0 && columnY == 0 && columnX > 0 && rowY < 0 }

    /// Signed area of a pixel; zero or not finite means that nothing can be placed by this transform.
    public var determinant: Double { columnX * rowY - columnY * rowX }

    /// The position of a point in pixel coordinates.
    public func apply(column: Double, row: Double) -> (x: Double, y: Double) {
        (originX + column * columnX + row * rowX, originY + column * columnY + row * rowY)
    }

    /// The smallest box around a raster of this size.
    public func bounds(width: Int, height: Int) -> Bounds {
        let corners = [(0, 0), (width, 0), (0, height), (width, height)].map {
            apply(column: Double($0.0), row: Double($0.1))
        }
        return Bounds(around: corners)
    }
}

/// A box in CRS coordinates.
public struct Bounds: Codable, Equatable, Sendable {
    public var west: Double
    public var south: Double
    public var east: Double
    public var north: Double

    public init(west: Double, south: Double, east: Double, north: Double) {
        self.west = west
        self.south = south
        self.east = east
        self.north = north
    }

    /// The smallest box around at least one point; all NaN around none.
    init(around points: [(x: Double, y: Double)]) {
        let xs = points.map(\.x), ys = points.map(\.y)
        self.init(
            west: xs.min() ?? .nan, south: ys.min() ?? .nan, east: xs.max() ?? .nan, north: ys.max() ?? .nan)
    }

    public var isFinite: Bool { west.isFinite && south.isFinite && east.isFinite && north.isFinite }
    public var center: (x: Double, y: Double) { ((west + east) / 2, (south + north) / 2) }
}
