public import DB
import Foundation

/// How long ODM will take for a set, from how long it took for others.
public struct ODMEstimate: Codable, Equatable, Sendable {
    /// From the container's start to its end; nil where there is nothing to learn from.
    public var expected: Duration? { seconds.map { .seconds($0) } }
    private let seconds: Double?

    /// Sets of two sizes differ at least so much, as a factor, to tell how the time grows with the size.
    private static let tellingRatio = 1.3
    /// Pairs of such sets that it takes.
    private static let tellingPairs = 10
    /// How the time may grow with the size: the exponent. Matching grows with the photos, the adjustment a little faster.
    private static let growth = 0.6...1.8

    /// - Parameters:
    ///   - photos: those that ODM gets.
    ///   - megapixels: of all of them together; 0 where unknown.
    public init(_ history: ODMHistory, photos: Int, megapixels: Double) {
        let runs = history.runs.map { (size: Self.size($0.photos, $0.megapixels), seconds: $0.seconds) }
            .filter { $0.size > 0 && $0.seconds > 0 && $0.seconds.isFinite }
        let size = Self.size(photos, megapixels)
        guard size > 0, let fastest = runs.map(\.seconds).min() else {
            seconds = nil
            return
        }
        let points = runs.map { (x: log($0.size), y: log($0.seconds)) }
        let slope = Self.slope(points)
        // One run that hung or was alone on the host moves a median little.
        let base = Self.median(points.map { $0.y - slope * $0.x }) ?? 0
        // ODM takes its time for the smallest set, too.
        seconds = (max(exp(base + slope * log(size)), fastest / 2) * 1000).rounded() / 1000
    }

    /// Megapixels, or what that many photos usually have.
    private static func size(_ photos: Int, _ megapixels: Double) -> Double {
        megapixels > 0 ? megapixels : Double(photos) * 12
    }

    /// The median of the slopes between all pairs (Theil and Sen); 1 where they tell too little.
    private static func slope(_ points: [(x: Double, y: Double)]) -> Double {
        var slopes: [Double] = []
        for (index, one) in points.enumerated() {
            for other in points[..<index] where abs(one.x - other.x) > log(tellingRatio) {
                slopes.append((one.y - other.y) / (one.x - other.x))
            }
        }
        guard slopes.count >= tellingPairs, let middle = median(slopes) else { return 1 }
        return min(max(middle, growth.lowerBound), growth.upperBound)
    }

    private static func median(_ values: [Double]) -> Double? {
        guard !values.isEmpty else { return nil }
        let sorted = values.sorted()
        return (sorted[(values.count - 1) / 2] + sorted[values.count / 2]) / 2
    }
}

extension ODMEstimate {
    /// From this progress on the run's own pace is all that counts.
    private static let ownPace = 0.8
    /// Without a history a run has to show its pace first.
    private static let leastProgress = 0.1
    private static let leastElapsed = 20.0

    /// What is left of a run: at first from the history, later from the run's own pace. Never negative.
    /// - Parameter progress: ODM's own, 0 to 1.
    public func remaining(elapsed: Duration, progress: Double) -> Duration? {
        let elapsed = max(0, elapsed.inSeconds)
        let progress = min(max(progress, 0), 1)
        let own = progress > 0 ? elapsed / progress : nil
        guard let seconds else {
            guard progress >= Self.leastProgress, elapsed >= Self.leastElapsed, let own else { return nil }
            return .seconds(max(0, own - elapsed))
        }
        // A run that takes longer than expected is not over for that.
        let fromHistory = max(seconds, elapsed * 1.05)
        let share = min(1, progress / Self.ownPace)
        let trust = share * share * (3 - 2 * share)
        let total = own.map { fromHistory * (1 - trust) + $0 * trust } ?? fromHistory
        return .seconds(max(0, total - elapsed))
    }

    /// For a note: `about 3 h left`, `about 20 min left`.
    public static func words(left: Duration) -> String {
        left < .seconds(45) ? "less than a minute left" : "about \(words(left)) left"
    }

    /// `20 min`, `1.5 h`, `31 h`; coarse enough not to change with every line of a log.
    static func words(_ duration: Duration) -> String {
        let minutes = duration.inSeconds / 60
        switch minutes {
        case ..<20: return "\(max(1, Int(minutes.rounded()))) min"
        case ..<85: return "\(Int((minutes / 5).rounded()) * 5) min"
        case ..<585:
            let halves = Int((minutes / 30).rounded())
            return halves.isMultiple(of: 2) ? "\(halves / 2) h" : "\(halves / 2).5 h"
        default: return "\(Int(min(minutes / 60, 1e6).rounded())) h"
        }
    }
}

extension Duration {
    fileprivate var inSeconds: Double { Double(components.seconds) + Double(components.attoseconds) * 1e-18 }
}
