import Failures

/// How a raster lies on the ground, decided from everything the file says.
enum Placement {
    /// Rows run south and columns east.
    case northUp(GeoTransform)
    /// South-up, mirrored or rotated.
    case turned(GeoTransform)
    case controlPoints([GroundControlPoint])
}

/// The coordinate system and the placement of a raster that can be put on a map.
struct Georeference: ~Copyable {
    /// Horizontal: a height system was dropped.
    let crs: CoordinateSystem
    let placement: Placement
    let hadHeights: Bool

    /// - Throws: what is missing, in a sentence that says what to do.
    static func read(_ raster: borrowing RasterDataset) throws -> Georeference {
        let found = try locate(raster)
        try found.checkOnEarth(width: raster.width, height: raster.height, raster.name)
        return found
    }

    private static func locate(_ raster: borrowing RasterDataset) throws -> Georeference {
        let name = raster.name
        let points = raster.groundControlPoints
        if let transform = transform(of: raster) {
            guard let crs = raster.crs else { throw Failure.rasterWithoutCRS(name) }
            return try Georeference(
                crs: crs, placement: transform.isNorthUp ? .northUp(transform) : .turned(transform), name)
        }
        if !points.isEmpty {
            guard let crs = raster.groundControlCRS else { throw Failure.rasterWithoutCRS(name) }
            guard points.count >= 3 else { throw Failure.tooFewControlPoints(name, count: points.count) }
            return try Georeference(crs: crs, placement: .controlPoints(points), name)
        }
        guard raster.metadata(domain: "RPC").isEmpty else { throw Failure.rasterRPCOnly(name) }
        guard let crs = raster.crs else { throw Failure.rasterNotGeoreferenced(name) }
        throw Failure.rasterWithoutPosition(name, crs: crs.name)
    }

    private init(crs: borrowing CoordinateSystem, placement: Placement, _ name: String) throws {
        if crs.isLocal { throw Failure.rasterLocalCRS(name, crs: crs.name) }
        let horizontal = crs.withoutHeights()
        guard horizontal.isGeographic || horizontal.isProjected else {
            throw Failure.rasterLocalCRS(name, crs: crs.name)
        }
        hadHeights = crs.isCompound
        self.crs = horizontal
        self.placement = placement
    }

    /// The transform, unless it is the one that means "none": one unit a pixel from the origin.
    private static func transform(of raster: borrowing RasterDataset) -> GeoTransform? {
        guard let transform = raster.geoTransform else { return nil }
        let c = transform.gdal
        if c == [0, 1, 0, 0, 0, 1] || c == [0, 1, 0, 0, 0, -1] { return nil }
        return c.allSatisfy(\.isFinite) && transform.determinant != 0 ? transform : nil
    }

    /// The smallest box around the raster, in its own coordinate system.
    func bounds(width: Int, height: Int) -> Bounds {
        switch placement {
        case .northUp(let transform), .turned(let transform): transform.bounds(width: width, height: height)
        case .controlPoints(let points): Bounds(around: points.map { ($0.x, $0.y) })
        }
    }

    /// The same in degrees (EPSG:4326), nil where the two systems do not meet.
    func geographicBounds(width: Int, height: Int) throws -> Bounds? {
        try CoordinateTransform(from: crs, to: CoordinateSystem(epsg: 4326)).bounds(
            bounds(width: width, height: height))
    }

    private func checkOnEarth(width: Int, height: Int, _ name: String) throws {
        guard let box = try geographicBounds(width: width, height: height),
            box.west >= -360, box.east <= 360, box.south >= -90.001, box.north <= 90.001
        else { throw Failure.rasterOffEarth(name, crs: crs.name) }
    }
}
