/// How each photo has to move, turn and grow on the ground so that neighbours agree.
///
/// Least squares over all matches at once, each photo held back by what its GPS, compass and barometer may be
/// wrong by. Matches that stay contradictory (leaning trees, repeated patterns) lose their weight.
struct PoseCorrections {
    /// Of one photo: metres east and north, counterclockwise turn in radians, growth as a share.
    typealias Correction = SIMD4<Double>

    private let matches: [GroundMatch]
    private let centres: [SIMD2<Double>]
    private let earlier: [Correction]
    /// What one unit of each unknown stands for: its standard deviation.
    private let units: Correction
    /// Standard deviation of a match, metres.
    private let noise: Double

    /// `earlier` are corrections that `photos` have already got: the photos are held back to where they were
    /// before those.
    init(
        _ matches: [GroundMatch], photos: [PlacedPhoto], earlier: [Correction], gpsAccuracy: Double, noise: Double
    ) {
        self.matches = matches
        self.earlier = earlier
        self.noise = noise
        centres = photos.map { SIMD2($0.pose.east, $0.pose.north) }
        // Neighbours share most of a receiver's error: between them a quarter of the stated accuracy is much. Height
        // is known worst: it is that above the take-off point, not above the trees that are seen.
        units = SIMD4(gpsAccuracy / 4, gpsAccuracy / 4, 2 * .pi / 180, 0.15)
    }

    /// One correction a photo.
    func solve() -> [Correction] {
        var corrections = [Correction](repeating: .zero, count: centres.count)
        for _ in 0..<6 {
            let weights = matches.map { match in
                let miss = residual(match, corrections) / (4 * noise)
                return 1 / (1 + (miss * miss).sum()) / (noise * noise)
            }
            corrections = anchored(leastSquares(weights))
        }
        return corrections
    }

    /// The same picture, scaled and turned as a whole to fit the GPS positions again.
    ///
    /// Where matches contradict each other a smaller picture contradicts itself by fewer metres, so that least
    /// squares alone would shrink everything towards its middle.
    private func anchored(_ corrections: [Correction]) -> [Correction] {
        let count = Double(centres.count)
        let wanted = zip(centres, earlier).map { $0 - $1.lowHalf },
            found = zip(centres, corrections).map { $0 + $1.lowHalf }
        let middles = (wanted.reduce(.zero, +) / count, found.reduce(.zero, +) / count)
        var (along, across, size) = (0.0, 0.0, 0.0)
        for (goal, place) in zip(wanted, found) {
            let (a, b) = (goal - middles.0, place - middles.1)
            along += (a * b).sum()
            across += b.x * a.y - b.y * a.x
            size += (b * b).sum()
        }
        guard size > 0 else { return corrections }
        // GPS decides as far as the photos lie apart; those of a short flight say little about size and turn.
        let evidence = size / (units.x * units.x)
        let growth = (along / size - 1) * evidence / (evidence + count / (units.w * units.w))
        let turn = across / size * evidence / (evidence + count / (units.z * units.z))
        return corrections.indices.map { index in
            let arm = found[index] - middles.1
            let place =
                found[index] + middles.0 - middles.1
                + SIMD2(arm.x * growth - arm.y * turn, arm.x * turn + arm.y * growth)
            let shift = place - centres[index]
            return SIMD4(shift.x, shift.y, corrections[index].z + turn, corrections[index].w + growth)
        }
    }

    /// The median distance, metres, by which two photos disagree about a point.
    func disagreement(_ corrections: [Correction]) -> Double {
        median(
            matches.map {
                let miss = residual($0, corrections); return (miss * miss).sum().squareRoot()
            }) ?? 0
    }

    /// How far apart two photos put the same ground.
    private func residual(_ match: GroundMatch, _ corrections: [Correction]) -> SIMD2<Double> {
        shift(match.first, match.point, corrections)
            - shift(match.second, match.point + match.offset, corrections) - match.offset
    }

    private func shift(_ photo: Int, _ point: SIMD2<Double>, _ corrections: [Correction]) -> SIMD2<Double> {
        let c = corrections[photo], arm = point - centres[photo]
        return SIMD2(c.x - arm.y * c.z + arm.x * c.w, c.y + arm.x * c.z + arm.y * c.w)
    }

    /// Conjugate gradients on the normal equations, which are never written out.
    private func leastSquares(_ weights: [Double]) -> [Correction] {
        let none = [Correction](repeating: .zero, count: centres.count)
        var solution = none
        let wanted = zip(matches, weights).map { $0.offset * $1 }
        var remainder = zip(spread(wanted), earlier).map { $0 - $1 / units }
        var direction = remainder
        var size = Self.dot(remainder, remainder)
        let goal = size * 1e-12
        for _ in 0..<200 where size > goal {
            let image = apply(direction, weights)
            let step = size / Self.dot(direction, image)
            for index in solution.indices {
                solution[index] += direction[index] * step
                remainder[index] -= image[index] * step
            }
            let next = Self.dot(remainder, remainder)
            for index in direction.indices { direction[index] = remainder[index] + direction[index] * (next / size) }
            size = next
        }
        return solution.map { $0 * units }
    }

    /// Matches and prior knowledge, seen from unknowns in units.
    private func apply(_ unknowns: [Correction], _ weights: [Double]) -> [Correction] {
        let scaled = unknowns.map { $0 * units }
        let moved = zip(matches, weights).map { match, weight in
            (shift(match.first, match.point, scaled) - shift(match.second, match.point + match.offset, scaled)) * weight
        }
        return zip(spread(moved), unknowns).map { $0 + $1 }
    }

    /// What errors on the ground mean for the unknowns: the transpose of `shift`.
    private func spread(_ errors: [SIMD2<Double>]) -> [Correction] {
        var sums = [Correction](repeating: .zero, count: centres.count)
        func add(_ photo: Int, _ point: SIMD2<Double>, _ e: SIMD2<Double>) {
            let arm = point - centres[photo]
            sums[photo] += SIMD4(e.x, e.y, arm.x * e.y - arm.y * e.x, (arm * e).sum()) * units
        }
        for (match, error) in zip(matches, errors) {
            add(match.first, match.point, error)
            add(match.second, match.point + match.offset, -error)
        }
        return sums
    }

    private static func dot(_ a: [Correction], _ b: [Correction]) -> Double {
        zip(a, b).reduce(0) { $0 + ($1.0 * $1.1).sum() }
    }
}
