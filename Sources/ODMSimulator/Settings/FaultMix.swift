internal import Failures

/// Faults and how often each comes, as in `none:60,oom-child:5`.
struct FaultMix: Sendable {
    private let weights: [(fault: Fault, weight: Double)]

    init(_ text: String) throws(Failure) {
        var weights: [(Fault, Double)] = []
        for entry in text.split(separator: ",") {
            let parts = entry.split(separator: ":")
            guard parts.count == 2, let fault = Fault(rawValue: String(parts[0])), fault != .random,
                let weight = Double(parts[1]), weight >= 0
            else { throw .setting("ODM_SIM_MIX", text, "give faults and weights, as in none:60,oom-child:5") }
            weights.append((fault, weight))
        }
        guard weights.contains(where: { $0.1 > 0 }) else {
            throw .setting("ODM_SIM_MIX", text, "at least one weight has to be above 0")
        }
        self.weights = weights
    }

    /// - Parameter share: where in the mix, from 0 up to, but not, 1.
    func fault(at share: Double) -> Fault {
        let total = weights.reduce(0) { $0 + $1.weight }
        var rest = share * total
        for (fault, weight) in weights {
            rest -= weight
            if rest < 0 { return fault }
        }
        return weights.last?.fault ?? .none
    }

    /// A number from 0 up to 1 that a seed and a name always give again: SplitMix64 over FNV-1a.
    /// Source: https://prng.di.unimi.it/splitmix64.c, http://www.isthe.com/chongo/tech/comp/fnv/
    static func share(seed: UInt64, name: String) -> Double {
        let hash = name.utf8.reduce(0xcbf2_9ce4_8422_2325 as UInt64) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
        var mixed = (seed ^ hash) &+ 0x9e37_79b9_7f4a_7c15
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return Double((mixed ^ (mixed >> 31)) >> 11) / Double(1 << 53)
    }
}

extension Failure {
    /// A setting of the simulator that it cannot use.
    static func setting(_ name: String, _ value: String, _ advice: String) -> Failure {
        Failure("usage", "\(name) is \"\(value)\": \(advice)")
    }
}
