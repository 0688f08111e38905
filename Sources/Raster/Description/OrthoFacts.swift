import Failures
import Foundation

/// What the database keeps of an orthophoto file beside its description.
public struct OrthoFacts: Codable, Equatable, Sendable {
    /// `BOX(west south,east north)` in degrees; nil when the file has no usable place on the earth.
    public var bbox: String?
    public var bytes: Int
    /// The platform's identifier of the file, hexadecimal: not a hash of all of it, see `FileIdentifier`.
    public var sha256: String
    public var info: RasterInfo

    /// - Throws: when the file is no readable GeoTIFF; a missing coordinate system is no error here.
    public init(of path: String, limits: RasterLimits = RasterLimits()) throws {
        info = try RasterInfo(of: path, limits: limits)
        (bytes, sha256) = try FileIdentifier.compute(path)
        bbox = try Self.bounds(of: path)?.box
    }

    private static func bounds(of path: String) throws -> Bounds? {
        let raster = try RasterDataset(opening: path)
        do {
            return try Georeference.read(raster).geographicBounds(width: raster.width, height: raster.height)
        } catch is Failure {
            return nil  // the step that needs the place says what is wrong with it
        }
    }
}
