/// A placed photo as the renderer needs it.
struct PhotoView: Sendable {
    let path: String
    let projection: GroundProjection
    let box: GroundBox
    let groundSamplingDistance: Double
    /// Factors for red, green, blue.
    var gain: SIMD3<Float>

    /// Nil when the photo sees the horizon.
    init?(_ photo: PlacedPhoto, gain: SIMD3<Float> = .one) {
        let projection = photo.projection
        guard let footprint = projection.footprint else { return nil }
        self.projection = projection
        self.gain = gain
        path = photo.path
        box = GroundBox(footprint)
        groundSamplingDistance = photo.groundSamplingDistance
    }

    /// Columns to decode for an orthophoto of this resolution: a little finer than it, whole where that is close.
    func decodedWidth(for resolution: Double) -> Int {
        let share = groundSamplingDistance / resolution * 1.15
        return Int((projection.size.x * (share > 0.75 ? 1 : share)).rounded(.up))
    }

    /// How much the margin can change within `metres` on the ground.
    func marginReach(_ metres: Double) -> Double {
        metres / groundSamplingDistance * 2 / min(projection.size.x, projection.size.y) * 1.2
    }
}
