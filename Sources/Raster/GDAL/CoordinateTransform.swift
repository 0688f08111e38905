import CGDAL
import Failures

/// Moves coordinates from one system to another; x/east/longitude comes first on both sides.
public struct CoordinateTransform: ~Copyable {
    private let handle: OGRCoordinateTransformationH

    /// - Throws: `crs_not_transformable` when PROJ knows no way between the two.
    public init(from source: borrowing CoordinateSystem, to target: borrowing CoordinateSystem) throws {
        let (from, to) = (source.handle, target.handle)
        let name = source.name
        handle = try gdal({ .crsNotTransformable(name, detail: $0) }) { OCTNewCoordinateTransformation(from, to) }
    }

    public init(fromEPSG source: Int, toEPSG target: Int) throws {
        try self.init(from: CoordinateSystem(epsg: source), to: CoordinateSystem(epsg: target))
    }

    deinit { OCTDestroyCoordinateTransformation(handle) }

    /// One point, nil where it lies outside of what the target system can describe.
    public func point(x: Double, y: Double) -> (x: Double, y: Double)? {
        points([(x, y)]).first ?? nil
    }

    /// Many points at once; those that cannot be described come back as nil.
    public func points(_ points: [(x: Double, y: Double)]) -> [(x: Double, y: Double)?] {
        var xs = points.map(\.x), ys = points.map(\.y)
        var ok = [Int32](repeating: 0, count: points.count)
        _ = gdalQuietly { OCTTransformEx(handle, Int32(points.count), &xs, &ys, nil, &ok) }
        return points.indices.map { ok[$0] != 0 && xs[$0].isFinite && ys[$0].isFinite ? (xs[$0], ys[$0]) : nil }
    }

    /// The box around a box, with every edge followed at 21 points since straight edges bend.
    /// - Returns: nil when no edge point can be described.
    public func bounds(_ box: Bounds) -> Bounds? {
        let steps = (0...20).map { Double($0) / 20 }
        let edges = steps.flatMap { step in
            let x = box.west + (box.east - box.west) * step, y = box.south + (box.north - box.south) * step
            return [(x: x, y: box.south), (x: x, y: box.north), (x: box.west, y: y), (x: box.east, y: y)]
        }
        let moved = points(edges).compactMap { $0 }
        return moved.isEmpty ? nil : Bounds(around: moved)
    }
}
