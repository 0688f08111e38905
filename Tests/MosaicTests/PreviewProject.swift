import FlightSimulator
import Foundation
import Mosaic
import Synchronization

/// A project folder of ODM's layout, and what a run in it says.
final class PreviewProject {
    let folder: TemporaryFolder
    private(set) var lines: [String] = []

    init() throws {
        folder = try TemporaryFolder()
    }

    var root: URL { folder.file("site") }
    var orthophoto: String { root.path + "/odm_orthophoto/odm_orthophoto.tif" }
    var truth: String { root.path + "/images.truth.tif" }

    /// Six to nine photos of 400 pixels take well under a second.
    @discardableResult
    func simulate(_ change: (inout FlightOptions) -> Void = { _ in }) throws -> SimulatedFlight {
        var options = FlightOptions()
        (options.images, options.width, options.seed) = (8, 400, 5)
        change(&options)
        try FileManager.default.createDirectory(at: root, withIntermediateDirectories: true)
        return try FlightSimulation(options).run(to: root.appendingPathComponent("images"))
    }

    func addImages(_ images: [URL]) throws {
        let target = root.appendingPathComponent("images")
        try FileManager.default.createDirectory(at: target, withIntermediateDirectories: true)
        for image in images {
            try FileManager.default.copyItem(at: image, to: target.appendingPathComponent(image.lastPathComponent))
        }
    }

    /// Runs the preview and returns its exit code.
    func run(_ options: String...) throws -> Int32 {
        let arguments = try ODMArguments(["--project-path", folder.url.path, "site"] + options)
        return PreviewRun(arguments) { self.lines.append($0) }.run()
    }

    func says(_ text: String) -> Bool { lines.contains { $0.contains(text) } }

    /// The content of log.json.
    var record: [String: Any] {
        get throws {
            let data = try Data(contentsOf: root.appendingPathComponent("log.json"))
            return try JSONSerialization.jsonObject(with: data) as? [String: Any] ?? [:]
        }
    }
}
