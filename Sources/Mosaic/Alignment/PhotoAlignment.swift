/// Moves photos a little so that they agree with their neighbours, and balances their brightness.
struct PhotoAlignment {
    private(set) var photos: [PlacedPhoto]
    private(set) var gains: [SIMD3<Float>]
    /// Median disagreement between neighbours before and after, metres; nil where nothing could be compared.
    private(set) var disagreement: (before: Double, after: Double)?

    /// Photos that turned out to be upside down.
    private(set) var turned: [String] = []

    /// All corrections so far.
    private var total: [PoseCorrections.Correction]
    private let pixels: [PhotoPixels]
    /// Metres of ground in a pixel of an overview.
    private let sample: Double
    private let threads: Int

    /// Aligns in two rounds: a wide search on coarse samples, then a narrow one on fine samples.
    ///
    /// `gpsAccuracy` in metres. Without enough matches the photos stay where their GPS puts them.
    init(_ photos: [PlacedPhoto], pixels: [PhotoPixels], gpsAccuracy: Double, threads: Int) {
        self.photos = photos
        self.pixels = pixels
        self.threads = threads
        gains = photos.map { _ in .one }
        total = photos.map { _ in .zero }
        sample =
            median(
                zip(photos, pixels).map { $0.groundSamplingDistance * Double($0.camera.width) / Double($1.width) }) ?? 1
        for (coarseness, reach) in [(2.0, 20), (1.2, 8)] {
            var matches = matches(of: self.photos, coarseness, reach)
            if coarseness > 1.5, turnUpsideDown(unmatchedIn: matches, coarseness, reach) {
                matches = self.matches(of: self.photos, coarseness, reach)
            }
            guard matches.count >= photos.count else { continue }
            correct(matches, gpsAccuracy, noise: sample)
            gains = ExposureBalance.gains(matches, photos: photos.count)
        }
    }

    private func matches(of photos: [PlacedPhoto], _ coarseness: Double, _ reach: Int) -> [GroundMatch] {
        GroundMatcher(
            overviews: zip(pixels, photos).map { PhotoOverview($0, of: $1) }, photos: photos,
            step: sample * coarseness, reach: reach, pointsPerPair: photos.count > 150 ? 10 : 20
        ).matches(threads: threads)
    }

    /// Turns photos by half a circle that match nothing as they are and match a neighbour the other way round:
    /// people turn photos in viewers, which rewrite the pixels and leave the compass as it was.
    private mutating func turnUpsideDown(
        unmatchedIn matches: [GroundMatch], _ coarseness: Double, _ reach: Int
    ) -> Bool {
        let matched = Set(matches.flatMap { [$0.first, $0.second] })
        let lonely = photos.indices.filter { !matched.contains($0) }
        guard !lonely.isEmpty else { return false }
        var other = photos
        for index in lonely { other[index].pose.yaw += 180 }
        let found = Set(self.matches(of: other, coarseness, reach).flatMap { [$0.first, $0.second] })
        let upsideDown = lonely.filter(found.contains)
        for index in upsideDown { photos[index].pose.yaw += 180 }
        turned = upsideDown.map { photos[$0].name }
        return !turned.isEmpty
    }

    private mutating func correct(_ matches: [GroundMatch], _ gpsAccuracy: Double, noise: Double) {
        let equations = PoseCorrections(matches, photos: photos, earlier: total, gpsAccuracy: gpsAccuracy, noise: noise)
        let corrections = equations.solve()
        let before = equations.disagreement(photos.map { _ in .zero }), after = equations.disagreement(corrections)
        guard after < before else { return }
        disagreement = (disagreement?.before ?? before, after)
        for (index, correction) in corrections.enumerated() {
            photos[index].pose.east += correction.x
            photos[index].pose.north += correction.y
            photos[index].pose.yaw -= correction.z * 180 / .pi
            photos[index].pose.height *= 1 + min(max(correction.w, -0.4), 0.4)
            total[index] += correction
        }
    }
}
