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
        SampleData.root.map { $0.appending(path: path).path }
            .flatMap { FileManager.default.fileExists(atPath: $0) ? $0 : nil }
    }
}
