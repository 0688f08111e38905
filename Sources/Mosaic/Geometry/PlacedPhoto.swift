/// A photo with its camera, and where it was taken.
public struct PlacedPhoto: Sendable {
    /// File name without folder.
    public let name: String
    let path: String
    public let camera: PinholeCamera
    public var pose: CameraPose

    public init(name: String, path: String, camera: PinholeCamera, pose: CameraPose) {
        self.name = name
        self.path = path
        self.camera = camera
        self.pose = pose
    }

    /// Metres of ground that one pixel in the middle of the photo shows.
    public var groundSamplingDistance: Double { pose.height / camera.focalLength }

    /// Ground coordinates relative to the point below the camera.
    func projection(origin: SIMD2<Double>) -> GroundProjection {
        GroundProjection(camera, at: pose, origin: origin)
    }

    var projection: GroundProjection { projection(origin: SIMD2(pose.east, pose.north)) }
}

/// An upright rectangle on the ground, metres.
struct GroundBox: Equatable, Sendable {
    var min: SIMD2<Double>
    var max: SIMD2<Double>

    init(_ points: [SIMD2<Double>]) {
        min = points.reduce(SIMD2(repeating: .infinity)) { pointwiseMin($0, $1) }
        max = points.reduce(SIMD2(repeating: -.infinity)) { pointwiseMax($0, $1) }
    }

    func intersects(_ other: GroundBox) -> Bool {
        min.x < other.max.x && other.min.x < max.x && min.y < other.max.y && other.min.y < max.y
    }
}
