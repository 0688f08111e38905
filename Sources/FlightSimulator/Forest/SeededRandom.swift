/// Random numbers that are the same on every machine for the same seed: SplitMix64.
///
/// Source: https://prng.di.unimi.it/splitmix64.c
struct SeededRandom {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    /// A stream of its own for one part of the scene, so that parts can be made in any order.
    init(seed: UInt64, _ parts: Int...) {
        state = parts.reduce(seed) { Self.mix($0 ^ UInt64(bitPattern: Int64($1)) &* 0x9E37_79B9_7F4A_7C15) }
    }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        return Self.mix(state)
    }

    /// Evenly between the bounds.
    mutating func uniform(_ range: ClosedRange<Double> = 0...1) -> Double {
        let unit = Double(next() >> 11) * 0x1p-53
        return range.lowerBound + unit * (range.upperBound - range.lowerBound)
    }

    /// Nearly normal with this standard deviation. A sum of twelve, since `log` and `cos` differ between C libraries.
    mutating func noise(_ deviation: Double) -> Double {
        (0..<12).reduce(-6.0) { sum, _ in sum + uniform() } * deviation
    }

    private static func mix(_ value: UInt64) -> UInt64 {
        var z = value
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}
