/// What a run says on its way that somebody should know, although it goes on. Fed with every line as it comes.
///
/// Source: ODM's opendm/gpu.py, opendm/photo.py, opendm/osfm.py, stages/openmvs.py; OpenSfM's features.py.
struct ODMRemarks: Codable, Equatable, Sendable {
    /// The GPU was used for features; false when the run said that it was not, nil while it has said nothing.
    private(set) var usedGPU: Bool?
    /// Photos that ODM left out because it could not read them, and the first of their names.
    private(set) var corrupted = 0
    private(set) var corruptedNames: [String] = []
    /// Centimetres a pixel, where the photos do not show what was asked for.
    private(set) var resolution: Double?
    /// Somebody asked the container to stop.
    private(set) var caughtSignal = false
    private var seen: Set<Remark> = []

    /// The order is the one in which they are told.
    private enum Remark: String, Codable, CaseIterable {
        case noGPU, featuresOnCPU, siftFellBack, denseFellBack, tiled, noModel, noCoordinates
    }

    /// Takes one line of output, without colours.
    mutating func read(_ line: String) {
        // Nearly all lines are OpenSfM's on one photo or one pair.
        guard line.utf8.count < 4096 else { return }
        if line.holds("SIFT features") || line.holds("nvidia-smi") || line.holds("with GPU")
            || line.holds("SIFT extraction failed")
        {
            return readGPU(line)
        }
        if line.holds("seems corrupted and will not be used") { return note(corrupted: line) }
        if line.holds("OpenMVS ran out of memory") { seen.insert(.tiled) }
        if line.holds("Cannot load AI model") { seen.insert(.noModel) }
        if line.holds("Could not generate coordinates file") { seen.insert(.noCoordinates) }
        if line.holds("Caught TERM/INT signal") { caughtSignal = true }
        if line.holds("Maximum resolution set to") {
            resolution = line.firstMatch(of: /\(([0-9.]+) cm \/ pixel/).flatMap { Double($0.1) } ?? resolution
        }
    }

    private mutating func readGPU(_ line: String) {
        if line.holds("No nvidia-smi detected") {
            seen.insert(.noGPU)
            usedGPU = usedGPU ?? false
        } else if line.holds("Using GPU for extracting SIFT features") {
            // A submodel may fall back while others do not.
            usedGPU = !seen.contains(.siftFellBack)
        } else if line.holds("GPU SIFT extraction failed") {
            seen.insert(.siftFellBack)
            usedGPU = false
        } else if line.holds("Using CPU for extracting SIFT features") {
            seen.insert(.featuresOnCPU)
            usedGPU = false
        } else if line.holds("OpenMVS failed with GPU") {
            seen.insert(.denseFellBack)
        }
    }

    private mutating func note(corrupted line: String) {
        corrupted += 1
        guard corruptedNames.count < 3,
            let match = line.firstMatch(of: /([^ \/]+) seems corrupted and will not be used/)
        else { return }
        corruptedNames.append(String(match.1).printable(atMost: 80))
    }

    /// Sentences for the researcher.
    ///
    /// - Parameter hadGPU: the container was given a GPU; without one nobody expects it to be used.
    func warnings(hadGPU: Bool) -> [String] {
        var warnings: [String] = []
        if corrupted > 0 {
            let names = corruptedNames.joined(separator: ", ") + (corrupted > corruptedNames.count ? ", …" : "")
            warnings.append(
                "ODM left out \(corrupted) photo\(corrupted == 1 ? "" : "s") that it could not read: \(names)")
        }
        return warnings + Remark.allCases.filter(seen.contains).compactMap { sentence($0, hadGPU) }
    }

    private func sentence(_ remark: Remark, _ hadGPU: Bool) -> String? {
        switch remark {
        case .noGPU where hadGPU: "ODM found no GPU in its container and worked on the processor"
        case .featuresOnCPU where hadGPU && !seen.contains(.noGPU) && !seen.contains(.siftFellBack):
            "ODM extracted the features on the processor although there is a GPU"
        case .siftFellBack:
            "the GPU failed while features were extracted; ODM went on with the processor, which takes longer"
        case .denseFellBack:
            "the GPU failed while the dense point cloud was made; ODM went on with the processor, which takes longer"
        case .tiled: "ODM ran short of memory for the dense point cloud and made it in tiles"
        case .noModel: "ODM could not load the model that masks sky or background; nothing was masked"
        case .noCoordinates:
            "ODM could not use the positions of the photos; the orthophoto may have no place on the earth"
        case .noGPU, .featuresOnCPU: nil
        }
    }
}
