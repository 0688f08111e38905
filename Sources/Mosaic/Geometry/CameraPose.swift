internal import Foundation

/// Where a camera was and which way it looked when it took a photo.
public struct CameraPose: Equatable, Sendable {
    /// Metres in the mosaic's UTM zone.
    public var east: Double
    public var north: Double
    /// Metres above the flat ground.
    public var height: Double
    /// Degrees clockwise from grid north to the photo's upper edge.
    public var yaw: Double
    /// Degrees; -90 looks straight down.
    public var pitch: Double
    /// Degrees; positive turns the camera clockwise about the direction it looks in.
    public var roll: Double

    public init(
        east: Double, north: Double, height: Double, yaw: Double, pitch: Double = -90, roll: Double = 0
    ) {
        self.east = east
        self.north = north
        self.height = height
        self.yaw = yaw
        self.pitch = pitch
        self.roll = roll
    }

    /// The camera's axes as unit vectors of east, north, up.
    var axes: (right: SIMD3<Double>, up: SIMD3<Double>, forward: SIMD3<Double>) {
        let (yaw, pitch, roll) = (yaw * .pi / 180, pitch * .pi / 180, roll * .pi / 180)
        let forward = SIMD3(sin(yaw) * cos(pitch), cos(yaw) * cos(pitch), sin(pitch))
        let level = SIMD3(cos(yaw), -sin(yaw), 0)
        let upright = cross(level, forward)
        return (level * cos(roll) - upright * sin(roll), upright * cos(roll) + level * sin(roll), forward)
    }
}

func cross(_ a: SIMD3<Double>, _ b: SIMD3<Double>) -> SIMD3<Double> {
    SIMD3(a.y * b.z - a.z * b.y, a.z * b.x - a.x * b.z, a.x * b.y - a.y * b.x)
}

func dot(_ a: SIMD3<Double>, _ b: SIMD3<Double>) -> Double { (a * b).sum() }
