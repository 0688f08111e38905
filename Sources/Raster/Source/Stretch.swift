/// A linear map of a band's values to 0…255; values outside of `low...high` are clamped.
public struct Stretch: Codable, Equatable, Sendable {
    public var low: Double
    public var high: Double
}

extension Stretch {
    /// The 2nd and 98th percentile of `samples`, so that a few glints do not darken the picture; the smallest and the
    /// largest where nearly all samples are alike.
    /// - Parameter isFloat: what a constant band gets: whole numbers 0…65535, fractions a middle grey.
    init(percentilesOf samples: [Double], isFloat: Bool) {
        let sorted = samples.sorted()
        guard let low = Self.percentile(0.02, sorted), let high = Self.percentile(0.98, sorted),
            let first = sorted.first, let last = sorted.last
        else {
            self.init(low: 0, high: 255)
            return
        }
        if low < high {
            self.init(low: low, high: high)
        } else if first < last {
            self.init(low: first, high: last)
        } else {
            self.init(low: isFloat ? low - 1 : 0, high: isFloat ? low + 1 : 65_535)
        }
    }

    private static func percentile(_ share: Double, _ sorted: [Double]) -> Double? {
        guard !sorted.isEmpty else { return nil }
        let position = share * Double(sorted.count - 1)
        let below = Int(position), above = min(below + 1, sorted.count - 1)
        return sorted[below] + (sorted[above] - sorted[below]) * (position - Double(below))
    }
}
