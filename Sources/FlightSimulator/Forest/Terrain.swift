internal import Foundation

/// The lie of the land: relief, a path, a stream with a pond, a clearing. Metres from the middle of the scene,
/// `x` east, `y` north.
struct Terrain: Sendable {
    private let relief: ValueNoise
    private let edge: ValueNoise
    private let extent: Float
    private let pathPhase: Float
    private let streamPhase: Float
    private let clearing: SIMD2<Float>
    private let pond: SIMD2<Float>
    /// Where bark beetles killed the trees.
    let deadPatch: SIMD2<Float>

    /// `extent` is half the width of the part that will be photographed, metres.
    init(seed: UInt64, extent: Double) {
        relief = ValueNoise(seed: seed, layer: 1)
        edge = ValueNoise(seed: seed, layer: 2)
        self.extent = Float(extent)
        var random = SeededRandom(seed: seed, 3)
        pathPhase = Float(random.uniform(0...6))
        streamPhase = Float(random.uniform(0...6))
        let side: Float = random.uniform() < 0.5 ? -1 : 1
        clearing = SIMD2(side * Float(random.uniform(0.35...0.5)), Float(random.uniform(0.35...0.55))) * self.extent
        pond = SIMD2(0, Float(random.uniform(-0.5 ... -0.3))) * self.extent
        deadPatch = SIMD2(-side * Float(random.uniform(0.35...0.5)), Float(random.uniform(0.2...0.4))) * self.extent
    }

    /// Height of the bare ground above the take-off point: up to three metres either way.
    @inline(__always)
    func height(_ x: Float, _ y: Float) -> Float {
        relief.fractal(x / 70, y / 70, octaves: 4) * 4 - max(0, 1 - streamDistance(x, y) / 6) * 0.8
    }

    /// Metres to the middle of the path.
    @inline(__always)
    func pathDistance(_ x: Float, _ y: Float) -> Float {
        let t = x / extent * 2.4 + pathPhase
        return abs(y - extent * (0.12 + 0.16 * sin(t) + 0.05 * sin(2.7 * t)))
    }

    /// Metres to the middle of the stream, less inside the pond; under 1.6 is water.
    @inline(__always)
    func streamDistance(_ x: Float, _ y: Float) -> Float {
        let bank = edge.value(x / 5, y / 5) * 0.7
        let offset = SIMD2(x - course(pond.y) - pond.x, y - pond.y) / SIMD2(0.16, 0.1)
        let pondDistance = ((offset * offset).sum().squareRoot() - extent) * 0.12
        return min(abs(x - course(y)), pondDistance + 1.6) + bank
    }

    /// Negative inside the clearing, metres outside.
    @inline(__always)
    func clearingDistance(_ x: Float, _ y: Float) -> Float {
        let offset = (SIMD2(x, y) - clearing) / SIMD2(0.3, 0.24)
        return ((offset * offset).sum().squareRoot() - extent) * 0.17 + edge.fractal(x / 14, y / 14, octaves: 2) * 5
    }

    /// Whether a tree can stand there.
    func isWooded(_ x: Float, _ y: Float) -> Bool {
        pathDistance(x, y) > 3.4 && streamDistance(x, y) > 3.2 && clearingDistance(x, y) > 1.5
    }

    private func course(_ y: Float) -> Float {
        extent * (0.1 + 0.2 * sin(y / extent * 2.1 + streamPhase) + 0.04 * sin(y / extent * 7 + streamPhase))
    }
}
