import Foundation
import Raster
import TestSupport

/// A project folder of eight photos, and the simulator run in it.
final class SimulatorProject: Sendable {
    let root: String
    let name = "1"
    static let photos = 8

    init(photos: Bool = true) throws {
        root = NSTemporaryDirectory() + "deadtrees-simulator-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        if photos { try FileManager.default.copyItem(atPath: SimulatedFlight.folder(), toPath: "\(folder)/images") }
    }

    // A leftover in /tmp fails no test.
    deinit { try? FileManager.default.removeItem(atPath: root) }

    var folder: String { "\(root)/\(name)" }
    var orthophoto: String { "\(folder)/odm_orthophoto/odm_orthophoto.tif" }

    static func commandLine(_ path: String, _ options: [String]) -> [String] {
        ["--project-path", path, "1", "--fast-orthophoto"] + options
    }

    /// Runs it as a program, in a fifth of a second unless told otherwise.
    func run(_ options: String..., settings: [String: String] = [:]) async throws -> ProgramEnd {
        try await SimulatedODM.run(
            Self.commandLine(root, options), ["SECONDS": "0.2"].merging(settings) { $1 })
    }

    func has(_ name: String) -> Bool { FileManager.default.fileExists(atPath: "\(folder)/\(name)") }

    func text(_ name: String) throws -> String {
        try String(contentsOfFile: "\(folder)/\(name)", encoding: .utf8)
    }

    /// What is decoded of log.json.
    struct Record: Decodable {
        struct Stage: Decodable {
            let name: String
            let endTime: String?
        }
        struct Problem: Decodable {
            let code: Int
            let message: String
        }
        struct Child: Decodable {
            let command: String
            let exitCode: Int
            let output: [String]
        }
        let odmVersion: String
        let images: Int
        let options: [String: String]
        let stages: [Stage]
        let processes: [Child]
        let success: Bool
        let totalTime: Double
        let error: Problem?
        let stackTrace: [String]
    }

    var record: Record {
        get throws { try JSONDecoder().decode(Record.self, from: Data(text("log.json").utf8)) }
    }
}

/// The EPSG code of a raster's coordinate system, nil where it has none.
func epsg(of path: String) throws -> Int? {
    let raster = try RasterDataset(opening: path)
    guard let crs = raster.crs else { return nil }
    return crs.epsg
}
