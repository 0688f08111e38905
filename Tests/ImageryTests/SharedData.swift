import Foundation

/// The folder of real sample data beside the repository, where it is there.
enum SharedData {
    static let root: URL? = {
        if let path = ProcessInfo.processInfo.environment["DEADTREES_SHARED_DATA"] { return URL(filePath: path) }
        var folder = URL(filePath: #filePath).deletingLastPathComponent()
        while folder.path != "/" {
            let candidate = folder.appending(path: "shared/data")
            if FileManager.default.fileExists(atPath: candidate.path) { return candidate }
            folder.deleteLastPathComponent()
        }
        print("skipping tests on real photos: no folder shared/data above \(#filePath)")
        return nil
    }()

    static var isThere: Bool { root != nil }

    static func path(_ relative: String) throws -> String {
        guard let root else { throw CocoaError(.fileNoSuchFile) }
        return root.appending(path: relative).path
    }

    static func bytes(_ relative: String) throws -> [UInt8] {
        Array(try Data(contentsOf: URL(filePath: path(relative))))
    }
}
