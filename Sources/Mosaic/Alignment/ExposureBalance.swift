internal import Foundation

/// Brightness that makes neighbouring photos agree.
struct ExposureBalance {
    /// No photo is changed by more than this factor, either way.
    private static let limit = 1.3

    /// One factor for red, green, blue of each photo. Photos without matches keep their brightness.
    ///
    /// The tint stays: light comes from one side, so that tints would add up from one end of a flight to the other.
    static func gains(_ matches: [GroundMatch], photos: Int) -> [SIMD3<Float>] {
        let ratios = matches.map { log(($0.colors.1.sum() + 12) / ($0.colors.0.sum() + 12)) }
        var gains = [Double](repeating: 0, count: photos)
        // Each photo in turn takes the mean of what its neighbours want, pulled half-way towards no change.
        for _ in 0..<60 {
            var sums = [Double](repeating: 0, count: photos), counts = sums
            for (match, ratio) in zip(matches, ratios) {
                sums[match.first] += gains[match.second] + ratio
                sums[match.second] += gains[match.first] - ratio
                counts[match.first] += 1
                counts[match.second] += 1
            }
            for index in gains.indices where counts[index] > 0 {
                gains[index] = (gains[index] + sums[index] / (counts[index] * 1.3)) / 2
            }
        }
        return gains.map { SIMD3(repeating: Float(exp(min(max($0, -log(limit)), log(limit))))) }
    }
}
