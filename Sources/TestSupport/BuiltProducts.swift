public import Foundation

/// The programs of this package, built beside the tests.
public enum BuiltProducts {
    /// The path of a program.
    public static func path(_ name: String) -> String { folder.appending(path: name).path }

    private static var folder: URL {
        // The test runner is given the test bundle's path, or is the bundle itself.
        let candidates = CommandLine.arguments.map { URL(fileURLWithPath: $0) } + [Bundle.main.bundleURL]
        let folders = candidates.flatMap { [$0, $0.deletingLastPathComponent()] }
        let found = folders.first { FileManager.default.isExecutableFile(atPath: $0.appending(path: "deadtrees").path) }
        return found ?? repository.appending(path: ".build/debug")
    }

    /// The checkout's root.
    public static let repository = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    /// A folder of the shared sample data, nil where this machine has none.
    public static func sharedData(_ path: String) -> String? {
        let given = ProcessInfo.processInfo.environment["DEADTREES_SHARED_DATA"].map { URL(fileURLWithPath: $0) }
        let beside = repository.deletingLastPathComponent().appending(path: "shared/data")
        return [given, beside].compactMap { $0?.appending(path: path).path }
            .first { FileManager.default.fileExists(atPath: $0) }
    }
}
