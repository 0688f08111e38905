import Foundation
public import NativeChild
import Raster

/// Looks a place up in the data sets of `ASSETS_DIR`: districts, biome, phenology.
public struct LookUpPlace: NativeWork {
    public static let name = "look up place"
    let assets: String?
    /// Degrees, WGS 84.
    let longitude: Double
    let latitude: Double

    /// The JSON that `v2_metadata.metadata` keeps.
    public func run(progress: @escaping (Double) -> Void) throws -> String {
        let metadata = MetadataLookup(assets: assets).metadata(longitude: longitude, latitude: latitude)
        progress(1)
        return String(decoding: try JSONEncoder().encode(metadata), as: UTF8.self)
    }
}
