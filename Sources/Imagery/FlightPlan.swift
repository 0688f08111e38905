import Foundation

/// Where the photos of a set were taken, in metres, and from which height.
struct FlightPlan {
    /// By index of the photo; metres east and north of the middle of the set. Nil without a position.
    let points: [SIMD2<Double>?]
    /// By index of the photo; metres above take-off. Nil where unknown or not plausible.
    let heights: [Double?]
    /// The median of the heights.
    let height: Double?

    /// Below this, take-off lay above the ground that was flown over, or the barometer was off.
    private static let lowest = 10.0
    /// No drone that photographs the ground is higher.
    private static let highest = 5000.0
    /// A height that differs more from the others is taken for a mistake.
    private static let largestRatio = 3.0

    init(_ photos: [PhotoMetadata]) {
        points = Self.points(photos)
        let takeOff = photos.compactMap { photo in
            photo.altitude.flatMap { altitude in photo.relativeAltitude.map { altitude - $0 } }
        }.middle
        let stated = photos.map { photo in
            photo.relativeAltitude ?? takeOff.flatMap { ground in photo.altitude.map { $0 - ground } }
        }
        let median = stated.compactMap { $0 }.middle.flatMap { (Self.lowest...Self.highest).contains($0) ? $0 : nil }
        height = median
        // A photo that says nothing was taken from where the others were.
        heights = stated.map { height in
            median.flatMap { median in
                let height = height ?? median
                return (median / Self.largestRatio...median * Self.largestRatio).contains(height) ? height : nil
            }
        }
    }

    /// Metres of a degree of latitude.
    static let degree = 111_320.0

    private static func points(_ photos: [PhotoMetadata]) -> [SIMD2<Double>?] {
        let placed = photos.filter { $0.latitude != nil && $0.longitude != nil }
        guard let latitude = placed.compactMap(\.latitude).middle,
            let longitude = placed.compactMap(\.longitude).middle
        else { return photos.map { _ in nil } }
        let shrink = cos(latitude * .pi / 180)
        return photos.map { photo in
            guard let north = photo.latitude, let east = photo.longitude else { return nil }
            // Across the date line the short way.
            let degrees = (east - longitude).remainder(dividingBy: 360)
            return SIMD2(degrees * degree * shrink, (north - latitude) * degree)
        }
    }
}

extension Collection where Element == Double {
    /// The median, the lower one of two; nil when empty.
    var middle: Double? {
        isEmpty ? nil : sorted()[(count - 1) / 2]
    }
}
