/// One tree, seen from above.
struct Tree: Sendable {
    enum Kind: Sendable {
        case spruce, broadleaf
        /// Died lately: the needles are brown.
        case dying
        /// Died long ago: bare grey branches.
        case dead
    }

    let kind: Kind
    let x: Float
    let y: Float
    /// Of the crown, metres.
    let radius: Float
    /// Top above the ground, metres.
    let height: Float
    /// Linear red, green, blue of the leaves or the wood, 0 to 1.
    let color: SIMD3<Float>
    /// For the shape of the crown.
    let twist: Float
}

/// Trees of an endless forest: what stands in a square depends on the seed and the square alone.
struct Forest: Sendable {
    /// Metres between neighbours, on average.
    static let spacing: Float = 4.4
    /// No crown is wider or higher than this, metres.
    static let greatestRadius: Float = 4.2
    static let greatestHeight: Float = 10

    private let seed: UInt64
    private let terrain: Terrain
    private let density: ValueNoise

    init(seed: UInt64, terrain: Terrain) {
        self.seed = seed
        self.terrain = terrain
        density = ValueNoise(seed: seed, layer: 4)
    }

    /// The trees of all squares that touch the box, metres from the middle of the scene.
    func trees(x: ClosedRange<Float>, y: ClosedRange<Float>) -> [Tree] {
        func squares(_ range: ClosedRange<Float>) -> ClosedRange<Int> {
            Int((range.lowerBound / Self.spacing).rounded(.down))...Int((range.upperBound / Self.spacing).rounded(.up))
        }
        return squares(y).flatMap { row in squares(x).compactMap { tree(column: $0, row: row) } }
    }

    private func tree(column: Int, row: Int) -> Tree? {
        var random = SeededRandom(seed: seed, 5, column, row)
        let x = (Float(column) + Float(random.uniform(-0.45...0.45))) * Self.spacing
        let y = (Float(row) + Float(random.uniform(-0.45...0.45))) * Self.spacing
        let crowding = density.fractal(x / 45, y / 45, octaves: 2)
        guard terrain.isWooded(x, y), random.uniform() < 0.93 + Double(crowding) * 0.3 else { return nil }
        let size = Float(random.uniform(0.45...1))
        let offset = SIMD2(x, y) - terrain.deadPatch
        let closeness = max(0, 1 - (offset * offset).sum() / 1200)
        let isDead = random.uniform() < 0.035 + Double(closeness) * 0.75
        let isSpruce = random.uniform() < 0.55 + Double(crowding) * 0.6
        let kind: Tree.Kind = isDead ? (random.uniform() < 0.35 ? .dying : .dead) : isSpruce ? .spruce : .broadleaf
        let radius = size * (kind == .broadleaf ? Self.greatestRadius : kind == .spruce ? 3.2 : 3.6)
        let height = 2 + size * (kind == .broadleaf ? 6 : Self.greatestHeight - 2)
        return Tree(
            kind: kind, x: x, y: y, radius: radius, height: height, color: Self.color(kind, &random),
            twist: Float(random.uniform(0...6.28)))
    }

    private static func color(_ kind: Tree.Kind, _ random: inout SeededRandom) -> SIMD3<Float> {
        let base: SIMD3<Float> =
            switch kind {
            case .spruce: SIMD3(0.22, 0.33, 0.22)
            case .broadleaf: SIMD3(0.36, 0.46, 0.22)
            case .dying: SIMD3(0.50, 0.33, 0.20)
            case .dead: SIMD3(0.68, 0.65, 0.61)
            }
        let brightness = Float(random.uniform(0.8...1.2))
        let warmth = SIMD3(Float(random.uniform(-0.04...0.06)), 0, Float(random.uniform(-0.03...0.02)))
        return (base + warmth) * brightness
    }
}
