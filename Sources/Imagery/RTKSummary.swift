/// What a set knows about precise positions: from sidecar files and from the photos' XMP.
public struct RTKSummary: Codable, Equatable, Sendable {
    /// Sidecar files by kind, upper case without the dot: `MRK`, `RTK`, …
    public var files: [String: Int] = [:]
    /// Shutter events of all MRK files by kind of fix.
    public var marks: [RTKFix.RawValue: Int] = [:]
    /// Photos by kind of fix, as their XMP says.
    public var photos: [RTKFix.RawValue: Int] = [:]
    /// Centimetres, for `v2_raw_images.rtk_precision_cm`: the median over all fixed marks of
    /// √(north² + east²), the horizontal standard deviation. From the photos' XMP where there are no marks.
    /// Nil without a fixed position.
    public var precision: Double?
    /// Metres, for ODM's `--gps-accuracy`: the horizontal standard deviation that nine of ten positions keep,
    /// fixed or not. Nil where no deviations are stated.
    public var accuracy: Double?

    public var fileCount: Int { files.values.reduce(0, +) }

    /// For `v2_raw_images.rtk_quality_indicator`, which has always been 5 for good data: 5 when at least 95 %
    /// of the positions are fixed, 4 from 80 %, 3 from 50 %, 2 below, 1 when none is; nil when none is known.
    public var quality: Int? {
        let counts = marks.isEmpty ? photos : marks
        let total = counts.values.reduce(0, +)
        guard total > 0 else { return nil }
        let share = Double(counts[RTKFix.fixed.rawValue] ?? 0) / Double(total)
        return share >= 0.95 ? 5 : share >= 0.8 ? 4 : share >= 0.5 ? 3 : share > 0 ? 2 : 1
    }

    /// Sidecar kinds. `.OBS`, `.NAV` and `.BIN` files are for post-processing, which nobody does here.
    static let kinds: Set<String> = ["RTK", "MRK", "RTL", "RTB", "RPOS", "RTS", "IMU"]

    /// Nil for a set that has neither sidecars nor photos with an RTK flag.
    init?(files: [String: Int], marks: [MarkFile.Mark], photos: [PhotoMetadata]) {
        let flagged = photos.filter { ($0.rtkFlag ?? 0) != 0 }
        guard !files.isEmpty || !flagged.isEmpty else { return nil }
        self.files = files
        self.marks = Self.counts(marks.map(\.fix))
        self.photos = Self.counts(flagged.map { RTKFix(flag: $0.rtkFlag ?? 0) })
        let positions =
            marks.isEmpty
            ? flagged.map { (RTKFix(flag: $0.rtkFlag ?? 0), $0.rtkStandardDeviation) }
            : marks.map { ($0.fix, $0.deviations) }
        precision = Self.quantile(0.5, of: positions.filter { $0.0 == .fixed }.compactMap { Self.horizontal($0.1) })
            .map { ($0 * 10_000).rounded() / 100 }
        accuracy = Self.quantile(0.9, of: positions.compactMap { Self.horizontal($0.1) })
            .map { ($0 * 1000).rounded() / 1000 }
    }

    private static func counts(_ fixes: [RTKFix]) -> [RTKFix.RawValue: Int] {
        Dictionary(fixes.map { ($0.rawValue, 1) }, uniquingKeysWith: +)
    }

    private static func horizontal(_ deviations: [Double]?) -> Double? {
        guard let deviations, deviations.count == 3 else { return nil }
        return (deviations[0] * deviations[0] + deviations[1] * deviations[1]).squareRoot()
    }

    /// The smallest value that at least `share` of all values do not exceed.
    private static func quantile(_ share: Double, of values: [Double]) -> Double? {
        guard !values.isEmpty else { return nil }
        let rank = Int((share * Double(values.count)).rounded(.up))
        return values.sorted()[max(rank, 1) - 1]
    }
}
