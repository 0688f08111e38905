import DB
import Foundation
public import NativeChild
import Raster

/// What the database keeps of a raster, with its description as JSON already.
public struct DescribedRaster: Codable, Sendable {
    var bytes: Int64
    var bbox: String?
    var sha256: String
    var info: String

    init(of path: String) throws {
        let facts = try OrthoFacts(of: path)
        bytes = Int64(facts.bytes)
        bbox = facts.bbox
        sha256 = facts.sha256
        info = String(decoding: try JSONEncoder().encode(facts.info), as: UTF8.self)
    }

    func record(fileName: String, runtime: Double?) -> OrthoRecord {
        OrthoRecord(fileName: fileName, bytes: bytes, bbox: bbox, sha256: sha256, info: info, runtime: runtime)
    }
}

/// Makes an orthophoto standard and describes it before and after.
public struct StandardiseOrtho: NativeWork {
    public static let name = "standardise orthophoto"
    let input: String
    let output: String

    public struct Output: Codable, Sendable {
        var original: DescribedRaster
        var standard: DescribedRaster
        var report: StandardiseReport
    }

    public func run(progress: @escaping (Double) -> Void) throws -> Output {
        // Nobody changes files in the scratch folder. Standardising refuses what cannot be used, with a better sentence than describing would.
        let report = try Orthophoto.standardise(input, to: output, mayLink: true, progress: progress)
        return try Output(original: DescribedRaster(of: input), standard: DescribedRaster(of: output), report: report)
    }
}

/// Makes the cloud-optimised GeoTIFF that the map loads, and describes it.
public struct MakeCOG: NativeWork {
    public static let name = "make COG"
    let input: String
    let output: String

    public func run(progress: @escaping (Double) -> Void) throws -> DescribedRaster {
        try Orthophoto.makeCOG(input, to: output, progress: progress)
        return try DescribedRaster(of: output)
    }
}

/// Makes the thumbnail, a JPEG of 256 by 256 pixels, and a larger preview.
public struct MakeThumbnail: NativeWork {
    public static let name = "make thumbnail"
    let input: String
    let output: String
    let preview: String

    public struct Output: Codable, Sendable {}

    public func run(progress: @escaping (Double) -> Void) throws -> Output {
        try Orthophoto.makeThumbnail(input, to: output, preview: preview)
        progress(1)
        return Output()
    }
}
