import Foundation
import TestSupport

/// Real rasters that are no part of the repository.
enum SharedData {
    static let folder = SampleData.root?.path

    static var isThere: Bool { folder != nil }
    static func geotiff(_ name: String) -> String { (folder ?? "") + "/geotiff/" + name }
}
