import Foundation

/// A folder that goes with this value.
final class TemporaryFolder: Sendable {
    let path: String

    init() throws {
        path = FileManager.default.temporaryDirectory.appending(path: "deadtrees-test-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit {
        // Nothing depends on it any more.
        try? FileManager.default.removeItem(atPath: path)
    }

    func file(_ name: String) -> URL { URL(fileURLWithPath: "\(path)/\(name)") }
}
