import Foundation

/// The ground that one photo shows, as a rectangle. The ground is taken to be flat, the lens without distortion.
struct GroundFootprint {
    /// Metres east and north of the set's reference point.
    var centre: SIMD2<Double>
    /// Half the ground's extent along the picture's rows and its columns, metres.
    var half: SIMD2<Double>
    /// Unit vector along the picture's rows, to the right.
    var right: SIMD2<Double>

    /// The width of the film that the equivalent focal length refers to.
    static let filmWidth = 36.0

    var area: Double { 4 * half.x * half.y }
    /// From the centre to a corner.
    var radius: Double { (half.x * half.x + half.y * half.y).squareRoot() }

    /// - Parameters:
    ///   - point: metres east and north of the reference point.
    ///   - height: metres above the ground.
    /// Nil where focal length or pixel size are not stated.
    init?(_ photo: PhotoMetadata, at point: SIMD2<Double>, height: Double) {
        guard let focalLength = photo.focalLength35, focalLength > 0, let width = photo.width, let rows = photo.height,
            width > 0, rows > 0
        else { return nil }
        let longest = height * Self.filmWidth / focalLength
        let pixel = longest / Double(max(width, rows))
        guard let yaw = (photo.gimbalYaw ?? photo.flightYaw).map({ $0 * .pi / 180 }) else {
            // Which way it lies is not known: nothing that it may show is left out.
            self.init(centre: point, half: SIMD2(longest, longest) / 2, right: SIMD2(1, 0))
            return
        }
        let tilt = photo.gimbalPitch.map { 90 - min(abs($0), 90) } ?? 0
        let forward = SIMD2(sin(yaw), cos(yaw)) * (height * tan(min(tilt, 45) * .pi / 180))
        self.init(
            centre: point + forward, half: SIMD2(Double(width), Double(rows)) * pixel / 2,
            right: SIMD2(cos(yaw), -sin(yaw)))
    }

    private init(centre: SIMD2<Double>, half: SIMD2<Double>, right: SIMD2<Double>) {
        self.centre = centre
        self.half = half
        self.right = right
    }

    /// The same photo over ground that lies deeper.
    func scaled(by factor: Double) -> GroundFootprint {
        GroundFootprint(centre: centre, half: half * factor, right: right)
    }

    /// The share of this photo's ground that the other shows too, 0 to 1.
    func share(shownBy other: GroundFootprint) -> Double {
        let offset = other.centre - centre
        let reach = radius + other.radius
        guard (offset * offset).sum() < reach * reach else { return 0 }
        let up = SIMD2(-right.y, right.x)
        let local = SIMD2((offset * right).sum(), (offset * up).sum())
        let x = SIMD2((other.right * right).sum(), (other.right * up).sum()) * other.half.x
        let y = SIMD2(-x.y, x.x) * (other.half.y / other.half.x)
        var corners = [local - x - y, local + x - y, local + x + y, local - x + y]
        for axis in 0..<2 {
            corners = Self.clip(corners, axis, sign: 1, limit: half[axis])
            corners = Self.clip(corners, axis, sign: -1, limit: half[axis])
        }
        return Self.area(corners) / area
    }

    /// The part of a convex polygon on which `sign` times the coordinate is at most `limit`.
    private static func clip(_ corners: [SIMD2<Double>], _ axis: Int, sign: Double, limit: Double) -> [SIMD2<Double>] {
        guard corners.contains(where: { $0[axis] * sign > limit }), var before = corners.last else { return corners }
        var result: [SIMD2<Double>] = []
        for corner in corners {
            let (from, to) = (before[axis] * sign - limit, corner[axis] * sign - limit)
            if (from > 0) != (to > 0) { result.append(before + (corner - before) * (from / (from - to))) }
            if to <= 0 { result.append(corner) }
            before = corner
        }
        return result
    }

    private static func area(_ corners: [SIMD2<Double>]) -> Double {
        guard var before = corners.last else { return 0 }
        var sum = 0.0
        for corner in corners {
            sum += before.x * corner.y - corner.x * before.y
            before = corner
        }
        return abs(sum) / 2
    }
}
