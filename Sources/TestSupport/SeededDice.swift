/// Random numbers that a seed repeats: SplitMix64.
/// Source: https://prng.di.unimi.it/splitmix64.c
public struct SeededDice: RandomNumberGenerator, Sendable {
    private var state: UInt64

    public init(_ seed: UInt64) { state = seed }

    /// For one of many things under one seed: each has its own numbers, whatever the order in which they are asked.
    public init(_ seed: UInt64, _ parts: Int64...) {
        state = seed
        for part in parts { state = next() ^ UInt64(bitPattern: part) }
    }

    public mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }

    /// From 0 up to, but not, 1.
    public mutating func share() -> Double { Double.random(in: 0..<1, using: &self) }

    /// True with this probability.
    public mutating func rolls(_ probability: Double) -> Bool { share() < probability }

    public mutating func duration(_ range: ClosedRange<Double>) -> Duration {
        .seconds(Double.random(in: range, using: &self))
    }
}
