import Foundation

/// Real rasters that are no part of the repository.
enum SharedData {
    /// The folder, from `DEADTREES_SHARED_DATA` or a `shared/data` beside a folder above this file.
    static let folder: String? = {
        let files = FileManager.default
        if let path = ProcessInfo.processInfo.environment["DEADTREES_SHARED_DATA"], files.fileExists(atPath: path) {
            return path
        }
        var url = URL(fileURLWithPath: #filePath)
        while url.path != "/" {
            url.deleteLastPathComponent()
            let candidate = url.appendingPathComponent("shared/data").path
            if files.fileExists(atPath: candidate) { return candidate }
        }
        print("skipped: no shared data (set DEADTREES_SHARED_DATA)")
        return nil
    }()

    static var isThere: Bool { folder != nil }
    static func geotiff(_ name: String) -> String { (folder ?? "") + "/geotiff/" + name }
}
