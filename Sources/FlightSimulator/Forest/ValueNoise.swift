/// Smooth noise without a table: random values on a lattice of integers, blended in between.
struct ValueNoise: Sendable {
    private let seed: UInt32

    init(seed: UInt64, layer: Int) {
        var random = SeededRandom(seed: seed, layer)
        self.seed = UInt32(truncatingIfNeeded: random.next())
    }

    /// -1 to 1; features are about one unit wide.
    @inline(__always)
    func value(_ x: Float, _ y: Float) -> Float {
        let (cx, cy) = (x.rounded(.down), y.rounded(.down))
        let (column, row) = (Int32(cx), Int32(cy))
        let (fx, fy) = (Self.ease(x - cx), Self.ease(y - cy))
        let upper = lattice(column, row) * (1 - fx) + lattice(column &+ 1, row) * fx
        let lower = lattice(column, row &+ 1) * (1 - fx) + lattice(column &+ 1, row &+ 1) * fx
        return upper * (1 - fy) + lower * fy
    }

    /// Several octaves, each half as wide and half as strong; about -1 to 1.
    @inline(__always)
    func fractal(_ x: Float, _ y: Float, octaves: Int) -> Float {
        var (sum, scale, strength): (Float, Float, Float) = (0, 1, 0.5)
        for _ in 0..<octaves {
            sum += value(x * scale, y * scale) * strength
            scale *= 2.03
            strength *= 0.5
        }
        return sum
    }

    @inline(__always)
    private func lattice(_ x: Int32, _ y: Int32) -> Float {
        var h = UInt32(bitPattern: x) &* 0x8DA6_B343 ^ UInt32(bitPattern: y) &* 0xD816_3841 ^ seed
        h = (h ^ (h >> 15)) &* 0x2C1B_3C6D
        h = (h ^ (h >> 12)) &* 0x297A_2D39
        h ^= h >> 15
        return Float(h >> 8) * (2 / Float(1 << 24)) - 1
    }

    @inline(__always)
    private static func ease(_ t: Float) -> Float { t * t * (3 - 2 * t) }
}
