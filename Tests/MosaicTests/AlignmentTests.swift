import Testing

@testable import Mosaic

@Suite struct AlignmentTests {
    private let photos: [PlacedPhoto] = (0..<12).map { index in
        PlacedPhoto(
            name: "\(index)", path: "", camera: PinholeCamera(width: 400, height: 300, focalLength: 280),
            pose: CameraPose(east: Double(index % 4) * 17, north: Double(index / 4) * 35, height: 80, yaw: 0))
    }

    /// Matches as they are when every photo's ground is in truth moved by its correction.
    private func matches(_ truth: [PoseCorrections.Correction]) -> [GroundMatch] {
        let centres = photos.map { SIMD2($0.pose.east, $0.pose.north) }
        func seen(_ photo: Int, _ place: SIMD2<Double>) -> SIMD2<Double> {
            // The inverse of moving, turning and growing, to first order and corrected once.
            let c = truth[photo]
            func moved(_ p: SIMD2<Double>) -> SIMD2<Double> {
                let arm = p - centres[photo]
                return p + SIMD2(c.x - arm.y * c.z + arm.x * c.w, c.y + arm.x * c.z + arm.y * c.w)
            }
            return (0..<8).reduce(place) { guess, _ in guess + place - moved(guess) }
        }
        return GroundMatcher.neighbours(photos).flatMap { first, second in
            (0..<9).map { index in
                let place =
                    (centres[first] + centres[second]) / 2
                    + SIMD2(Double(index % 3 - 1), Double(index / 3 - 1)) * 15
                let point = seen(first, place)
                return GroundMatch(
                    first: first, second: second, point: point, offset: seen(second, place) - point,
                    colors: (.one, .one))
            }
        }
    }

    private func solve(_ truth: [PoseCorrections.Correction]) -> [PoseCorrections.Correction] {
        PoseCorrections(
            matches(truth), photos: photos, earlier: photos.map { _ in .zero }, gpsAccuracy: 3, noise: 0.2
        ).solve()
    }

    @Test func treesUnderAllPhotosChangeHeightsAndNotPositions() {
        for correction in solve(photos.map { _ in SIMD4(0, 0, 0, -0.08) }) {
            #expect(abs(correction.w + 0.08) < 0.02, "\(correction)")
            #expect(abs(correction.x) < 0.8 && abs(correction.y) < 0.8, "\(correction)")
        }
    }

    @Test func contradictionsDoNotShrinkThePicture() {
        let truth = photos.map { _ in SIMD4(0.0, 0, 0, 0) }
        let noisy = matches(truth).enumerated().map { index, match in
            // Two metres of parallax, to and fro.
            let error = SIMD2(index.isMultiple(of: 2) ? 2.0 : -2, index % 3 == 0 ? 1 : -0.5)
            return GroundMatch(
                first: match.first, second: match.second, point: match.point, offset: match.offset + error,
                colors: match.colors)
        }
        let found = PoseCorrections(
            noisy, photos: photos, earlier: truth, gpsAccuracy: 3, noise: 0.2
        ).solve()
        #expect(abs(found[0].x - found[3].x) < 1.5, "the first line of 51 m: \(found[0].x) to \(found[3].x)")
        #expect(abs(found[0].y - found[8].y) < 2, "across 70 m: \(found[0].y) to \(found[8].y)")
    }

    @Test func onePhotoThatIsTurnedAndOffGoesBack() {
        var truth = photos.map { _ in SIMD4(0.0, 0, 0, 0) }
        truth[5] = SIMD4(1.5, -1, 0.05, 0)
        let found = solve(truth)
        #expect(
            abs(found[5].x - 1.5) < 0.4 && abs(found[5].y + 1) < 0.4 && abs(found[5].z - 0.05) < 0.01, "\(found[5])")
        #expect(abs(found[0].x) < 0.4 && abs(found[0].y) < 0.4)
    }

    @Test func neighboursLieInAllDirections() {
        let pairs = GroundMatcher.neighbours(photos)
        #expect(pairs.contains { $0 == (5, 6) })
        #expect(pairs.contains { $0 == (5, 9) })
        #expect(pairs.allSatisfy { $0.0 < $0.1 })
    }

    @Test func aPatchIsFoundWhereItLies() throws {
        let side = PatchSearch.side, reach = 10, width = side + 2 * reach
        var random = SystemRandomNumberGenerator()
        let noise = (0..<width * width).map { _ in Float(UInt8.random(in: 0...255, using: &random)) }
        func patch(_ column: Int, _ row: Int) -> [Float] {
            (0..<side * side).map { noise[(row + $0 / side) * width + column + $0 % side] * 0.5 + 20 }
        }
        let search = try #require(PatchSearch(patch(13, 6), reach: reach))
        let found = search.find(in: noise)
        let hit = try #require(found)
        #expect(abs(hit.offset.x - 3) < 0.3 && abs(hit.offset.y + 4) < 0.3)
        #expect(hit.correlation > 0.99)
        #expect(PatchSearch([Float](repeating: 7, count: side * side), reach: reach) == nil)
    }

    @Test func darkerPhotosAreLifted() {
        let match = GroundMatch(
            first: 0, second: 1, point: .zero, offset: .zero,
            colors: (SIMD3(repeating: 90), SIMD3(repeating: 110)))
        let gains = ExposureBalance.gains([match, match, match], photos: 3)
        #expect(gains[0].x > 1.03 && gains[1].x < 0.97 && gains[2].x == 1)
    }
}
