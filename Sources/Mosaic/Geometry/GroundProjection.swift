/// Maps points of the flat ground to pixels of one photo.
///
/// The collinearity equations of a pinhole camera, which for a plane are a projective map: three dot products
/// and two divisions a point.
public struct GroundProjection: Sendable {
    /// Ground coordinates are taken relative to this point, so that single steps keep their precision.
    let origin: SIMD2<Double>
    let x: SIMD3<Double>
    let y: SIMD3<Double>
    /// Distance along the viewing direction, metres; not positive behind the camera.
    let depth: SIMD3<Double>
    let size: SIMD2<Double>

    /// The projection into `camera`'s full-size pixels, where (0, 0) is the outer corner of the first pixel.
    public init(_ camera: PinholeCamera, at pose: CameraPose, origin: SIMD2<Double>) {
        let axes = pose.axes
        let centre = SIMD3(pose.east - origin.x, pose.north - origin.y, pose.height)
        func row(_ v: SIMD3<Double>) -> SIMD3<Double> { SIMD3(v.x, v.y, -dot(v, centre)) }
        let (halfWidth, halfHeight) = (Double(camera.width) / 2, Double(camera.height) / 2)
        self.origin = origin
        x = row(axes.right * camera.focalLength + axes.forward * halfWidth)
        y = row(axes.forward * halfHeight - axes.up * camera.focalLength)
        depth = row(axes.forward)
        size = SIMD2(Double(camera.width), Double(camera.height))
    }

    private init(origin: SIMD2<Double>, x: SIMD3<Double>, y: SIMD3<Double>, depth: SIMD3<Double>, size: SIMD2<Double>) {
        self.origin = origin
        self.x = x
        self.y = y
        self.depth = depth
        self.size = size
    }

    /// The same projection into a copy of the photo with another number of pixels.
    func scaled(toWidth width: Int, height: Int) -> GroundProjection {
        let to = SIMD2(Double(width), Double(height))
        return GroundProjection(origin: origin, x: x * (to.x / size.x), y: y * (to.y / size.y), depth: depth, size: to)
    }

    /// The pixel that shows the ground point, nil behind the camera. May lie outside the photo.
    public func pixel(east: Double, north: Double) -> SIMD2<Double>? {
        let point = SIMD3(east - origin.x, north - origin.y, 1)
        let distance = dot(depth, point)
        guard distance > 0.01 else { return nil }
        return SIMD2(dot(x, point), dot(y, point)) / distance
    }

    /// How far inside the photo the ground point is seen: 0 at the edge, 1 in the middle, negative outside.
    func margin(east: Double, north: Double) -> Double {
        guard let pixel = pixel(east: east, north: north) else { return -.infinity }
        let inside = SIMD2(min(pixel.x, size.x - pixel.x), min(pixel.y, size.y - pixel.y))
        return min(inside.x, inside.y) * 2 / min(size.x, size.y)
    }

    /// The ground point that a pixel shows, nil where it looks at or above the horizon.
    public func ground(_ pixel: SIMD2<Double>) -> SIMD2<Double>? {
        // Both equations x·p = px (depth·p), y·p = py (depth·p) are linear in p = (e, n, 1).
        let p = cross(x - depth * pixel.x, y - depth * pixel.y)
        guard abs(p.z) > 1e-12 else { return nil }
        let point = SIMD2(p.x, p.y) / p.z
        guard dot(depth, SIMD3(point.x, point.y, 1)) > 0 else { return nil }
        return point + origin
    }

    /// The photo's four corners on the ground, clockwise from the upper left; nil where one looks at the sky.
    public var footprint: [SIMD2<Double>]? {
        let corners = [SIMD2(0, 0), SIMD2(size.x, 0), size, SIMD2(0, size.y)].compactMap { ground($0) }
        return corners.count == 4 ? corners : nil
    }
}
