import ArgumentParser
import Failures
import Foundation
import Imagery

struct ScanCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "scan",
        abstract: "Say what is in a set of drone photos, what is wrong with it, and what it will cost.",
        discussion:
            "Reads a ZIP archive without unpacking it. Needs no database. Exits 1 if the set cannot be processed.")

    @Argument(help: "A ZIP archive or a folder of photos.", completion: .file())
    var source: String
    @Flag(help: "Print JSON.")
    var json = false

    /// What `--json` prints.
    private struct Report: Encodable {
        let set: ImageSet
        let estimate: ProcessingEstimate
    }

    func run() throws {
        let set = try ImageSet.scan(path: source)
        let estimate = ProcessingEstimate(set)
        if json {
            try Output.json(Report(set: set, estimate: estimate))
        } else {
            Output.table(["what", "value"], ScanTable(images: set, estimate: estimate).rows)
            if !set.warnings.isEmpty {
                print("\nwarnings\n" + set.warnings.map { "  - \($0)" }.joined(separator: "\n"))
            }
            if let refusal = set.refusal { print("\ncannot be processed: \(refusal.sentence)") }
        }
        if set.refusal != nil { throw ExitCode(1) }
    }
}

/// A set of photos in lines for people.
private struct ScanTable {
    let images: ImageSet
    let estimate: ProcessingEstimate

    var rows: [[String?]] {
        var rows: [[String?]] = [
            ["photos", photos], ["pixels", pixels], ["cameras", cameras], ["taken", taken], ["positions", positions],
            ["altitude", range(images.gps?.lowest, images.gps?.highest, "m")],
            ["height above take-off", range(images.flight?.height?.min, images.flight?.height?.max, "m")],
            ["camera pitch", range(images.flight?.pitch?.min, images.flight?.pitch?.max, "degrees")],
            ["RTK", rtk],
        ]
        if !images.controlFiles.isEmpty { rows.append(["control files", images.controlFiles.joined(separator: ", ")]) }
        if !images.masks.isEmpty { rows.append(["masks", "\(images.masks.count)"]) }
        if !images.ignored.isEmpty { rows.append(["other files", "\(images.ignored.count), ignored"]) }
        if !images.photos.isEmpty { rows += costs }
        return rows
    }

    private var photos: String {
        let formats = images.formats.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
            .map { "\($0.value) \($0.key.uppercased())" }
        return ([formats.isEmpty ? "none" : formats.joined(separator: ", ")] + [size(images.bytes)]).joined(
            separator: ", ")
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
            ["memory, rule of thumb", size(estimate.memory)], ["disk, rule of thumb", size(estimate.disk)],
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
