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
    /// Longitudes beyond ±180 degrees were moved by a full circle.
    let hadFarLongitudes: Bool

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
                crs: crs, placement: transform.isNorthUp ? .northUp(transform) : .turned(transform), raster)
        }
        if !points.isEmpty {
            guard let crs = raster.groundControlCRS else { throw Failure.rasterWithoutCRS(name) }
            guard points.count >= 3 else { throw Failure.tooFewControlPoints(name, count: points.count) }
            guard GeoTransform(fitting: points) != nil else { throw Failure.controlPointsInLine(name) }
            return try Georeference(crs: crs, placement: .controlPoints(points), raster)
        }
        guard raster.metadata(domain: "RPC").isEmpty else { throw Failure.rasterRPCOnly(name) }
        guard let crs = raster.crs else { throw Failure.rasterNotGeoreferenced(name) }
        throw Failure.rasterWithoutPosition(name, crs: crs.name)
    }

    private init(
        crs: borrowing CoordinateSystem, placement: Placement, _ raster: borrowing RasterDataset
    ) throws {
        let name = raster.name
        if crs.isLocal { throw Failure.rasterLocalCRS(name, crs: crs.name) }
        let horizontal = crs.withoutHeights()
        if horizontal.isGeocentric { throw Failure.rasterGeocentricCRS(name, crs: horizontal.name) }
        guard horizontal.isGeographic || horizontal.isProjected else {
            throw Failure.rasterLocalCRS(name, crs: crs.name)
        }
        hadHeights = crs.isCompound
        let turns = horizontal.fullCircle.map { placement.turns(circle: $0, raster.width, raster.height) } ?? 0
        hadFarLongitudes = turns != 0
        self.placement = turns == 0 ? placement : placement.movedEast(by: -turns * (horizontal.fullCircle ?? 0))
        self.crs = horizontal
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
        placement.bounds(width, height)
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
        let size = (box.north - box.south) * Self.metresPerDegree / Double(width + height)
        guard size > Self.smallestPixel else {
            throw Failure.rasterPixelsTooSmall(name, metres: size, crs: crs.name)
        }
    }

    private static let metresPerDegree = 111_000.0
    /// Metres; a tenth of what a camera on a tripod resolves.
    private static let smallestPixel = 1e-5

    /// - Throws: `raster_off_web_map` where Web Mercator ends before the raster begins.
    func checkOnWebMap(width: Int, height: Int, _ name: String) throws {
        guard let box = try geographicBounds(width: width, height: height), box.south < 85.05, box.north > -85.05
        else { throw Failure.rasterOffWebMap(name) }
    }
}

extension Placement {
    /// The smallest box around the raster. Control points may lie anywhere in it, so the best plane through them counts.
    func bounds(_ width: Int, _ height: Int) -> Bounds {
        switch self {
        case .northUp(let transform), .turned(let transform): transform.bounds(width: width, height: height)
        case .controlPoints(let points):
            GeoTransform(fitting: points)?.bounds(width: width, height: height)
                ?? Bounds(around: points.map { ($0.x, $0.y) })
        }
    }

    /// How many full circles a raster lies east of where longitudes from -180 to 180 degrees have it; 0 for one across
    /// the 180th meridian, which has no better place.
    fileprivate func turns(circle: Double, _ width: Int, _ height: Int) -> Double {
        let box = bounds(width, height), half = circle / 2
        guard box.west >= half || box.east <= -half, box.west >= -circle, box.east <= circle else { return 0 }
        return ((box.center.x + half) / circle).rounded(.down)
    }

    fileprivate func movedEast(by distance: Double) -> Placement {
        func moved(_ transform: GeoTransform) -> GeoTransform {
            var transform = transform
            transform.originX += distance
            return transform
        }
        switch self {
        case .northUp(let transform): return .northUp(moved(transform))
        case .turned(let transform): return .turned(moved(transform))
        case .controlPoints(let points):
            return .controlPoints(
                points.map { GroundControlPoint(column: $0.column, row: $0.row, x: $0.x + distance, y: $0.y) })
        }
    }
}
