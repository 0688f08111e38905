internal import Foundation

/// The way that the aircraft took, for photos that state no heading.
struct FlightTrack {
    /// Degrees clockwise from grid north, by index of the photo.
    private let headings: [Int: Double]

    /// `stops` are the photos with their times in any form that sorts.
    init(_ stops: [(time: String, point: SIMD2<Double>?)]) {
        let order = stops.indices.filter { stops[$0].point != nil }.sorted { stops[$0].time < stops[$1].time }
        let steps = zip(order, order.dropFirst()).map { from, to in
            (stops[to].point ?? .zero) - (stops[from].point ?? .zero)
        }
        var headings: [Int: Double] = [:]
        for (position, index) in order.enumerated() where !steps.isEmpty {
            let before = steps[max(0, position - 1)], after = steps[min(steps.count - 1, position)]
            // At the end of a line the next step turns away: the shorter one is along the line.
            let step = Self.length(before) < Self.length(after) && before != .zero ? before : after
            headings[index] = atan2(step.x, step.y) * 180 / .pi
        }
        self.headings = headings
    }

    func heading(at index: Int) -> Double { headings[index] ?? 0 }

    private static func length(_ v: SIMD2<Double>) -> Double { (v * v).sum() }
}
