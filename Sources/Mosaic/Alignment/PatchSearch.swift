/// Finds a patch of ground inside a larger one by normalised cross-correlation.
struct PatchSearch {
    /// Samples along a side of the patch; a multiple of eight, since eight are compared at once.
    static let side = 24

    /// Where a patch was found, in samples from the middle of the search.
    struct Hit {
        let offset: SIMD2<Double>
        /// -1 to 1.
        let correlation: Double
    }

    private let pattern: [Float]
    private let reach: Int

    /// Nil for a patch without structure. `reach` is how far to search, in samples.
    init?(_ patch: [Float], reach: Int) {
        let mean = patch.reduce(0, +) / Float(patch.count)
        let centred = patch.map { $0 - mean }
        let energy = centred.reduce(0) { $0 + $1 * $1 }
        guard energy > Float(patch.count) * 9 else { return nil }
        let scale = 1 / energy.squareRoot()
        pattern = centred.map { $0 * scale }
        self.reach = reach
    }

    /// The best place in `field`, a lattice of `side + 2 reach` samples a side. Nil where nothing fits well, where
    /// two places fit alike, or where the best is at the edge of the search.
    func find(in field: [Float]) -> Hit? {
        let places = 2 * reach + 1
        let scores = scores(field, places)
        guard let best = scores.indices.max(by: { scores[$0] < scores[$1] }), scores[best] > 0.5 else { return nil }
        let (row, column) = (best / places, best % places)
        guard row > 0, row < places - 1, column > 0, column < places - 1 else { return nil }
        let rival =
            scores.indices.lazy
            .filter { abs($0 / places - row) > 3 || abs($0 % places - column) > 3 }
            .map { scores[$0] }.max() ?? -1
        guard scores[best] - rival > 0.08 else { return nil }
        let x = Self.peak(scores[best - 1], scores[best], scores[best + 1])
        let y = Self.peak(scores[best - places], scores[best], scores[best + places])
        let offset = SIMD2(Double(column - reach) + x, Double(row - reach) + y)
        return Hit(offset: offset, correlation: Double(scores[best]))
    }

    private func scores(_ field: [Float], _ places: Int) -> [Float] {
        let width = Self.side + 2 * reach
        precondition(field.count == width * width, "the field must hold the patch and the search around it")
        return field.withUnsafeBytes { field in
            pattern.withUnsafeBytes { pattern in
                (0..<places * places).map { place in
                    Self.correlate(pattern, field, from: place / places * width + place % places, width)
                }
            }
        }
    }

    @inline(__always)
    private static func correlate(
        _ pattern: UnsafeRawBufferPointer, _ field: UnsafeRawBufferPointer, from start: Int, _ width: Int
    ) -> Float {
        var (product, sum, square) = (SIMD8<Float>.zero, SIMD8<Float>.zero, SIMD8<Float>.zero)
        for row in 0..<side {
            for part in stride(from: 0, to: side, by: 8) {
                let p = pattern.loadUnaligned(fromByteOffset: (row * side + part) * 4, as: SIMD8<Float>.self)
                let f = field.loadUnaligned(fromByteOffset: (start + row * width + part) * 4, as: SIMD8<Float>.self)
                product += p * f
                sum += f
                square += f * f
            }
        }
        let total = sum.sum()
        let energy = square.sum() - total * total / Float(side * side)
        return energy > 1 ? product.sum() / energy.squareRoot() : 0
    }

    /// Where between three samples a parabola has its top.
    private static func peak(_ left: Float, _ middle: Float, _ right: Float) -> Double {
        let bend = left - 2 * middle + right
        return bend < 0 ? Double(min(max((left - right) / (2 * bend), -0.5), 0.5)) : 0
    }
}
