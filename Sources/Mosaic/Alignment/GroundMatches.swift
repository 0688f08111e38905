/// The same piece of ground, seen in two photos.
struct GroundMatch: Sendable {
    let first: Int
    let second: Int
    /// Where the first photo's placement puts it.
    let point: SIMD2<Double>
    /// How far from there the second photo's placement puts it.
    let offset: SIMD2<Double>
    /// Mean red, green, blue in both.
    let colors: (SIMD3<Double>, SIMD3<Double>)
}

/// Looks for common ground in photos that should overlap.
struct GroundMatcher: Sendable {
    let overviews: [PhotoOverview]
    let photos: [PlacedPhoto]
    /// Metres between the samples that are compared.
    let step: Double
    /// Samples to search in every direction.
    let reach: Int
    /// Places to compare in two photos.
    let pointsPerPair: Int

    /// Matches of all pairs that matter, in the pairs' order.
    func matches(threads: Int) -> [GroundMatch] {
        Parallel.map(Self.neighbours(photos), threads: threads) { match($0.0, $0.1) }.flatMap { $0 }
    }

    /// Each photo with the nearest one in each of six directions, so that lines hang together too.
    static func neighbours(_ photos: [PlacedPhoto]) -> [(Int, Int)] {
        var nearest: [Int: [Int: (other: Int, distance: Double)]] = [:]
        for (first, second) in OverlapGraph(photos).pairs {
            for (one, other) in [(first, second), (second, first)] {
                let way =
                    SIMD2(photos[other].pose.east, photos[other].pose.north)
                    - SIMD2(photos[one].pose.east, photos[one].pose.north)
                let distance = (way * way).sum()
                let sector = Self.sector(way)
                if distance < nearest[one]?[sector]?.distance ?? .infinity {
                    nearest[one, default: [:]][sector] = (other, distance)
                }
            }
        }
        let pairs = nearest.flatMap { one, sectors in
            sectors.values.map { [min(one, $0.other), max(one, $0.other)] }
        }
        return Set(pairs).sorted { ($0[0], $0[1]) < ($1[0], $1[1]) }.map { ($0[0], $0[1]) }
    }

    private static func sector(_ way: SIMD2<Double>) -> Int {
        let side = way.x * 0.866 + abs(way.y) * 0.5 > 0 ? 0 : 3
        return side + (abs(way.y) < abs(way.x) * 0.577 ? 0 : way.y > 0 ? 1 : 2)
    }

    private func match(_ first: Int, _ second: Int) -> [GroundMatch] {
        let side = Double(PatchSearch.side) * step, spread = Double(reach) * step
        let found = points(first, second).compactMap { point -> GroundMatch? in
            let corner = point - side / 2
            let patch = overviews[first].patch(at: corner, step: step, side: PatchSearch.side)
            guard let search = PatchSearch(patch, reach: reach) else { return nil }
            let field = overviews[second].patch(at: corner - spread, step: step, side: PatchSearch.side + 2 * reach)
            guard let hit = search.find(in: field) else { return nil }
            let offset = hit.offset * step
            let colors = (
                overviews[first].color(around: point, radius: side / 2),
                overviews[second].color(around: point + offset, radius: side / 2)
            )
            return GroundMatch(first: first, second: second, point: point, offset: offset, colors: colors)
        }
        return agreeing(found)
    }

    /// The largest group of matches of one pair that tell the same story, at least three. Crowns that lean away
    /// from two cameras in two directions match by chance, and chance does not agree with itself.
    private func agreeing(_ matches: [GroundMatch]) -> [GroundMatch] {
        let groups = matches.map { one in
            matches.filter { other in
                let difference = other.offset - one.offset, way = other.point - one.point
                // Two degrees of turn and two percent of height, and a sample or two of noise.
                let tolerance = 1.5 * step + 0.04 * (way * way).sum().squareRoot()
                return (difference * difference).sum().squareRoot() < tolerance
            }
        }
        return groups.max { $0.count < $1.count }.flatMap { $0.count >= 3 ? $0 : nil } ?? []
    }

    /// Places well inside both photos, spread over their common ground.
    private func points(_ first: Int, _ second: Int) -> [SIMD2<Double>] {
        let projections = (overviews[first].projection, overviews[second].projection)
        guard let footprint = projections.0.footprint else { return [] }
        let lattice = 10
        let inside = (0..<lattice * lattice).compactMap { index -> SIMD2<Double>? in
            let u = (Double(index % lattice) + 0.5) / Double(lattice)
            let v = (Double(index / lattice) + 0.5) / Double(lattice)
            let upper = footprint[0] * (1 - u) + footprint[1] * u, lower = footprint[3] * (1 - u) + footprint[2] * u
            let point = upper * (1 - v) + lower * v
            let margin = min(
                projections.0.margin(east: point.x, north: point.y), projections.1.margin(east: point.x, north: point.y)
            )
            return margin > 0.1 ? point : nil
        }
        let stride = max(1, Double(inside.count) / Double(pointsPerPair))
        return (0..<min(pointsPerPair, inside.count)).map {
            inside[min(inside.count - 1, Int((Double($0) + 0.5) * stride))]
        }
    }
}
