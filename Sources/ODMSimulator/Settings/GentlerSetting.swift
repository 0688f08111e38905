internal import Failures
internal import Mosaic

/// A setting that has to be there before a simulated run has memory enough: one entry of `ODM_SIM_OOM_UNTIL`.
enum GentlerSetting: Sendable {
    case featureQuality(atMost: String)
    case concurrency(atMost: Int)
    /// Centimetres per pixel.
    case resolution(atLeast: Double)
    case split

    private static let qualities = ["lowest", "low", "medium", "high", "ultra"]

    /// Reads one entry, e.g. `feature-quality=medium`.
    init(_ text: String) throws(Failure) {
        let parts = text.split(separator: "=", maxSplits: 1).map(String.init)
        let value = parts.count > 1 ? parts[1] : ""
        switch parts.first {
        case "feature-quality" where Self.qualities.contains(value): self = .featureQuality(atMost: value)
        case "max-concurrency": self = .concurrency(atMost: try Self.number(value, in: text, Int.init))
        case "orthophoto-resolution": self = .resolution(atLeast: try Self.number(value, in: text, Double.init))
        case "split" where parts.count == 1: self = .split
        default: throw Self.unknown(text)
        }
    }

    private static func number<Number>(
        _ text: String, in entry: String, _ make: (String) -> Number?
    ) throws(Failure) -> Number {
        guard let number = make(text) else { throw unknown(entry) }
        return number
    }

    private static func unknown(_ text: String) -> Failure {
        .setting(
            "ODM_SIM_OOM_UNTIL", text,
            "give feature-quality=NAME, max-concurrency=N, orthophoto-resolution=CM or split, with commas between them")
    }

    /// Whether the command line is that gentle, or gentler.
    func isMet(by arguments: ODMArguments) -> Bool {
        switch self {
        case .featureQuality(let limit):
            let rank = Self.qualities.firstIndex(of: arguments.given["feature_quality"] ?? "high")
            return (rank ?? 0) <= (Self.qualities.firstIndex(of: limit) ?? 0)
        case .concurrency(let limit): return (arguments.maxConcurrency ?? .max) <= limit
        case .resolution(let limit): return arguments.orthophotoResolution >= limit
        case .split: return arguments.given["split"] != nil
        }
    }
}
