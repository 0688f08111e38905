/// How far an ODM run is, told from the lines it prints. Never goes back.
///
/// ODM's own percentages sit at 5 % while features are extracted and matched, which takes hours; its log lines
/// count photos. Shares are those of a `--fast-orthophoto` run.
/// Source: ODM's stages/ and OpenSfM's actions/, as listed in docs/odm.md.
struct ODMProgress: Sendable {
    private(set) var value = 0.0
    private(set) var note: String?
    private var photos = 0
    private var pairs = 0
    private var featured = 0
    private var matched = 0
    private var undistorted = 0
    private var reconstructed = 0

    /// Where each stage begins.
    private static let stages: [String: Double] = [
        "dataset": 0.01, "split": 0.01, "merge": 0.02, "opensfm": 0.03, "openmvs": 0.60, "odm_filterpoints": 0.65,
        "odm_meshing": 0.68, "mvs_texturing": 0.72, "odm_georeferencing": 0.80, "odm_dem": 0.82,
        "odm_orthophoto": 0.84, "odm_report": 0.98, "odm_postprocess": 0.99,
    ]

    /// What a line has to hold to be worth a closer look.
    private static let telling: [StaticString] = [
        "stage", "Loading", "Matching", "features for image", "to the reconstruction", "Undistorting image",
        "orthophoto:",
    ]

    /// Takes one line of output. True when it said something about progress.
    mutating func read(_ line: String) -> Bool {
        guard line.holds(anyOf: Self.telling) else { return false }
        let words = line.split(separator: " ")
        if let start = words.firstIndex(of: "Running"), words.dropFirst(start + 2).first == "stage" {
            return enter(String(words[start + 1]))
        }
        if let count = number(after: "Loading", before: "images", in: words) {
            photos = count
            return advance(0.02, "\(count) photos loaded")
        }
        if let count = number(after: "Matching", before: "image", in: words) {
            pairs = count
            return advance(0.20, "matching \(count) pairs of photos")
        }
        if line.holds("features for image") { return count(\.featured, of: photos, 0.03...0.20, "features") }
        // Two lines a pair; only one of them states a total time.
        if line.holds("Matching "), line.holds("T-total") {
            return count(\.matched, of: pairs, 0.20...0.40, "pairs matched")
        }
        if line.holds("to the reconstruction") { return reconstruct(words) }
        if line.holds("Undistorting image") {
            return count(\.undistorted, of: photos, 0.55...0.60, "photos undistorted")
        }
        if let percent = percent(after: "orthophoto:", in: words) {
            return advance(0.84 + 0.14 * percent / 100, "orthophoto \(Int(percent)) %")
        }
        return false
    }

    /// `Adding X to the reconstruction`, or `Adding X and Y …`.
    private mutating func reconstruct(_ words: [Substring]) -> Bool {
        reconstructed += words.count { $0 == "and" }
        return count(\.reconstructed, of: photos, 0.40...0.55, "photos reconstructed")
    }

    private mutating func enter(_ stage: String) -> Bool {
        guard let start = Self.stages[stage] else { return false }
        return advance(start, "stage \(stage)")
    }

    private mutating func count(
        _ counter: WritableKeyPath<Self, Int>, of total: Int, _ range: ClosedRange<Double>, _ what: String
    ) -> Bool {
        self[keyPath: counter] += 1
        let done = self[keyPath: counter]
        guard total > 0 else { return false }
        let share = min(1, Double(done) / Double(total))
        return advance(
            range.lowerBound + share * (range.upperBound - range.lowerBound), "\(min(done, total)) of \(total) \(what)")
    }

    private mutating func advance(_ value: Double, _ note: String) -> Bool {
        self.value = max(self.value, min(1, value))
        self.note = note
        return true
    }

    private func number(after word: String, before next: String, in words: [Substring]) -> Int? {
        guard let index = words.firstIndex(where: { $0 == word }), words.count > index + 2, words[index + 2] == next
        else { return nil }
        return Int(words[index + 1])
    }

    private func percent(after word: String, in words: [Substring]) -> Double? {
        guard let index = words.firstIndex(where: { $0 == word }), words.count > index + 1,
            words[index + 1].hasSuffix("%")
        else { return nil }
        // A photo may be called "orthophoto: nan%.jpg".
        return Double(words[index + 1].dropLast()).flatMap { (0...100).contains($0) ? $0 : nil }
    }
}
