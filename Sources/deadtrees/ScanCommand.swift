import ArgumentParser
import Failures
import Foundation
import Imagery
import Tasks

struct ScanCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "scan",
        abstract: "Say what is in a set of drone photos, what is wrong with it, and what it will cost.",
        discussion:
            "Reads a ZIP archive without unpacking it, and checks the set as a worker does before it starts ODM. Needs no "
            + "database. Exits 1 if the set cannot be processed; then --unpack writes nothing.")

    @Argument(help: "A ZIP archive or a folder of photos.", completion: .file())
    var source: String
    @Option(help: ArgumentHelp("Check against this much memory of ODM's container.", valueName: "GiB"))
    var memory: Double?
    @Option(
        help: ArgumentHelp(
            "Then lay the photos out in this folder, as ODM gets them: images/ and what belongs beside it.",
            valueName: "folder"), completion: .directory)
    var unpack: String?
    @Flag(help: "Print JSON.")
    var json = false

    func validate() throws {
        guard memory.map({ $0 > 0 && $0 < 1e6 }) ?? true else { throw ValidationError("--memory must be above 0") }
    }

    /// What `--json` prints.
    private struct Report: Encodable {
        struct Checked: Encodable {
            let photos: Int, placed: Int, unreadable: [String], copies: Int, bands: Int, tilted: Int
            let overlap: SetOverlap
            let warnings: [String]
            let refusal: Failure?
        }
        struct Unpacked: Encodable {
            let photos: [UnpackedSet.Photo], sidecars: [String], bytes: Int, warnings: [String]
        }
        let set: ImageSet
        let estimate: ProcessingEstimate
        let preflight: Checked
        let unpacked: Unpacked?

        init(_ set: ImageSet, _ preflight: Preflight, _ unpacked: UnpackedSet?) {
            self.set = set
            self.unpacked = unpacked.map {
                Unpacked(photos: $0.photos, sidecars: $0.sidecars, bytes: $0.bytes, warnings: $0.warnings)
            }
            estimate = preflight.estimate
            let selection = preflight.selection
            self.preflight = Checked(
                photos: selection.photos.count, placed: selection.placed, unreadable: selection.unreadable,
                copies: selection.copies, bands: selection.bands, tilted: selection.tilted, overlap: preflight.overlap,
                warnings: preflight.warnings, refusal: preflight.refusal)
        }
    }

    func run() throws {
        let set = try ImageSet.scan(path: source)
        let host = Preflight.Host(memory: memory.map { Int64($0 * 1_073_741_824) })
        let preflight = Preflight(set, set.selection(largestTilt: Preflight.largestTilt), on: host)
        let unpacked = preflight.refusal == nil ? try unpack.map(unpack(into:)) : nil
        if json {
            try Output.json(Report(set, preflight, unpacked))
        } else {
            Output.table(["what", "value"], ScanTable(images: set, preflight: preflight, unpacked: unpacked).rows)
            let warnings = (unpacked?.warnings ?? set.warnings) + preflight.warnings
            if !warnings.isEmpty { print("\nwarnings\n" + warnings.map { "  - \($0)" }.joined(separator: "\n")) }
            if let refusal = preflight.refusal { print("\ncannot be processed: \(refusal.sentence)") }
        }
        if preflight.refusal != nil { throw ExitCode(1) }
    }

    private func unpack(into folder: String) throws -> UnpackedSet {
        try ImageSet.unpack(
            path: source, into: folder, choose: { $0.selection(largestTilt: Preflight.largestTilt) })
    }
}

/// A set of photos in lines for people.
private struct ScanTable {
    let images: ImageSet
    let preflight: Preflight
    let unpacked: UnpackedSet?

    private var estimate: ProcessingEstimate { preflight.estimate }

    var rows: [[String?]] {
        var rows: [[String?]] = [
            ["photos", photos], ["for ODM", chosen], ["pixels", pixels], ["cameras", cameras], ["taken", taken],
            ["positions", positions],
            ["altitude", range(images.gps?.lowest, images.gps?.highest, "m")],
            ["height above take-off", range(images.flight?.height?.min, images.flight?.height?.max, "m")],
            ["camera pitch", range(images.flight?.pitch?.min, images.flight?.pitch?.max, "degrees")],
            ["overlap", overlap], ["RTK", rtk],
        ]
        if !images.controlFiles.isEmpty { rows.append(["control files", images.controlFiles.joined(separator: ", ")]) }
        if !images.masks.isEmpty { rows.append(["masks", "\(images.masks.count)"]) }
        if !images.ignored.isEmpty { rows.append(["other files", "\(images.ignored.count), ignored"]) }
        if !images.photos.isEmpty { rows += costs }
        if let unpacked {
            rows.append(["unpacked", "\(unpacked.photos.count) photos; \(size(unpacked.bytes)) in all files"])
        }
        return rows
    }

    private var photos: String {
        let formats = images.formats.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
            .map { "\($0.value) \($0.key.uppercased())" }
        return ([formats.isEmpty ? "none" : formats.joined(separator: ", ")] + [size(images.bytes)]).joined(
            separator: ", ")
    }

    /// Nil where ODM gets them all.
    private var chosen: String? {
        let selection = preflight.selection
        let left: [(Int, String)] = [
            (selection.unreadable.count, "cut off or damaged"), (selection.copies, "copies"),
            (selection.bands, "multispectral bands"), (selection.tilted, "not straight down"),
        ]
        let reasons = left.filter { $0.0 > 0 }.map { "\($0.0) \($0.1)" }
        return reasons.isEmpty ? nil : "\(selection.photos.count); left out: \(reasons.joined(separator: ", "))"
    }

    private var overlap: String? {
        let overlap = preflight.overlap
        guard overlap.known > 1, let width = overlap.width, let depth = overlap.depth, let spacing = overlap.spacing
        else { return nil }
        return String(
            format:
                "half of the photos overlap %d others or more by 30 %%, %d overlap none; a photo shows %.0f by %.0f m, "
                + "the next is %.0f m away", overlap.neighbours, overlap.alone, width, depth, spacing)
    }

    private var pixels: String? {
        let sizes = images.sizes.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.prefix(3).map(\.key)
        guard !sizes.isEmpty else { return nil }
        return sizes.joined(separator: ", ") + (images.sizes.count > 3 ? ", …" : "")
            + "; \(images.megapixels) megapixels in all"
    }

    private var cameras: String? {
        let named = images.cameras.prefix(5).map { camera in
            let name = [camera.make, camera.model, camera.serial].compactMap { $0 }.joined(separator: " ")
            return "\(name.isEmpty ? "unknown" : name) (\(camera.photos))"
        }
        return named.isEmpty ? nil : named.joined(separator: ", ") + (images.cameras.count > 5 ? ", …" : "")
    }

    private var taken: String? {
        images.from.flatMap { from in images.to.map { from == $0 ? from : "\(from) to \($0)" } }
    }

    private var positions: String? {
        guard let gps = images.gps else { return nil }
        let bounds = [gps.south, gps.north, gps.west, gps.east].map { String(format: "%.6f", $0) }
        return
            "\(gps.photos) of \(images.photos.count); latitude \(bounds[0]) to \(bounds[1]), longitude \(bounds[2]) to \(bounds[3])"
    }

    private var rtk: String? {
        guard let rtk = images.rtk else { return nil }
        let files = rtk.files.sorted { $0.key < $1.key }.map { "\($0.value) \($0.key)" }.joined(separator: ", ")
        let counts = (rtk.marks.isEmpty ? rtk.photos : rtk.marks).sorted { $0.key < $1.key }
            .map { "\($0.value) \($0.key)" }.joined(separator: ", ")
        let precision = rtk.precision.map { "\($0) cm" }
        return [files, counts, precision].compactMap { $0?.isEmpty == true ? nil : $0 }.joined(separator: "; ")
    }

    /// Rules of thumb; the time that a run takes is known only from earlier runs on the same host.
    private var costs: [[String?]] {
        var costs = [
            ["memory, rule of thumb", "\(size(estimate.memory)), at least \(size(estimate.leastMemory))"],
            ["disk, rule of thumb", size(estimate.disk)],
        ]
        if let sampling = estimate.groundSampling, let area = estimate.area {
            costs.append([
                "ground, rule of thumb", String(format: "%.1f ha at %.1f cm a pixel", area / 10_000, sampling * 100),
            ])
        }
        return costs
    }

    private func range(_ low: Double?, _ high: Double?, _ unit: String) -> String? {
        guard let low, let high else { return nil }
        return String(format: low == high ? "%.1f \(unit)" : "%.1f to %.1f \(unit)", low, high)
    }

    private func size(_ bytes: Int) -> String {
        let gibibytes = Double(bytes) / 1_073_741_824
        return gibibytes >= 1 ? String(format: "%.1f GiB", gibibytes) : String(format: "%.1f MiB", gibibytes * 1024)
    }
}
