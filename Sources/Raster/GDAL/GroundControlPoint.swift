import CGDAL

/// A ground control point: where a pixel lies in the CRS.
public struct GroundControlPoint: Codable, Equatable, Sendable {
    public var column: Double
    public var row: Double
    public var x: Double
    public var y: Double

    public init(column: Double, row: Double, x: Double, y: Double) {
        self.column = column
        self.row = row
        self.x = x
        self.y = y
    }
}

extension GroundControlPoint {
    /// Lends the points in GDAL's form.
    static func withList<Result>(_ points: [GroundControlPoint], _ body: ([GDAL_GCP]) throws -> Result) rethrows
        -> Result
    {
        var list = [GDAL_GCP](repeating: GDAL_GCP(), count: points.count)
        GDALInitGCPs(Int32(list.count), &list)
        defer { GDALDeinitGCPs(Int32(list.count), &list) }
        for (index, point) in points.enumerated() {
            (list[index].dfGCPPixel, list[index].dfGCPLine) = (point.column, point.row)
            (list[index].dfGCPX, list[index].dfGCPY) = (point.x, point.y)
        }
        return try body(list)
    }
}

extension GeoTransform {
    /// The best affine map through control points.
    /// - Returns: nil where they lie in one line or on one spot.
    init?(fitting points: [GroundControlPoint]) {
        var c = [Double](repeating: 0, count: 6)
        let isFound = GroundControlPoint.withList(points) { list in
            gdalQuietly { GDALGCPsToGeoTransform(Int32(list.count), list, &c, 1) } != 0
        }
        self.init(gdal: c)
        guard isFound, c.allSatisfy(\.isFinite), determinant != 0 else { return nil }
    }
}
