import Foundation
import TestSupport

/// The folder of real sample data beside the repository, where it is there.
enum SharedData {
    static let root = SampleData.root

    static var isThere: Bool { root != nil }

    static func path(_ relative: String) throws -> String {
        guard let root else { throw CocoaError(.fileNoSuchFile) }
        return root.appending(path: relative).path
    }

    static func bytes(_ relative: String) throws -> [UInt8] {
        Array(try Data(contentsOf: URL(filePath: path(relative))))
    }
}
