/// Colours and heights of the ground between the trees.
struct GroundPainter: Sendable {
    private let terrain: Terrain
    private let patches: ValueNoise
    private let grain: ValueNoise

    init(seed: UInt64, terrain: Terrain) {
        self.terrain = terrain
        patches = ValueNoise(seed: seed, layer: 6)
        grain = ValueNoise(seed: seed, layer: 7)
    }

    @inline(__always)
    func paint(_ x: Float, _ y: Float) -> SceneCell {
        let ground = terrain.height(x, y)
        let fine = grain.fractal(x / 0.6, y / 0.6, octaves: 2)
        let broad = patches.fractal(x / 9, y / 9, octaves: 3)
        let moss = SIMD3<Float>(0.34, 0.38, 0.20), soil = SIMD3<Float>(0.42, 0.35, 0.25)
        var color = Self.mix(moss, soil, 0.5 + broad) * (1 + fine * 0.25)
        let open = Self.ramp(-terrain.clearingDistance(x, y) / 3)
        if open > 0 {
            let grass = SIMD3<Float>(0.50, 0.54, 0.24), dry = SIMD3<Float>(0.63, 0.58, 0.34)
            color = Self.mix(color, Self.mix(grass, dry, 0.45 + broad) * (1 + fine * 0.18), open)
        }
        let track = terrain.pathDistance(x, y)
        if track < 2.2 {
            // Two wheel tracks with grass between them.
            let wheel = Self.ramp(1.1 - abs(track - 0.8) * 1.6)
            let gravel = SIMD3<Float>(0.66, 0.61, 0.53) * (1 + fine * 0.12)
            color = Self.mix(color, gravel, max(wheel, 0.55 * Self.ramp((2.2 - track) * 1.5)))
        }
        let bank = terrain.streamDistance(x, y)
        if bank < 3 {
            let stones = SIMD3<Float>(0.47, 0.43, 0.36) * (1 + fine * 0.3)
            color = Self.mix(stones, color, Self.ramp((bank - 1.8) / 1.2))
        }
        if bank < 1.6 {
            let deep = SIMD3<Float>(0.07, 0.15, 0.19), shallow = SIMD3<Float>(0.20, 0.27, 0.24)
            let water = Self.mix(shallow, deep, Self.ramp((1.6 - bank) / 1.3)) * (1 + broad * 0.1)
            return SceneCell(height: ground - 0.3, color: water, isWater: true)
        }
        return SceneCell(height: ground + max(0, fine) * 0.12, color: color)
    }

    @inline(__always)
    static func mix(_ a: SIMD3<Float>, _ b: SIMD3<Float>, _ share: Float) -> SIMD3<Float> {
        a + (b - a) * min(max(share, 0), 1)
    }

    @inline(__always)
    static func ramp(_ value: Float) -> Float { min(max(value, 0), 1) }
}
