public import Foundation

/// The folder of real sample data, which is no part of the repository: where `DEADTREES_SHARED_DATA` says, else
/// `shared/data` beside a folder above this file. Nil, said once, where this machine has none.
public enum SampleData {
    public static let root: URL? = {
        let given = ProcessInfo.processInfo.environment["DEADTREES_SHARED_DATA"].map { URL(fileURLWithPath: $0) }
        let above = sequence(first: BuiltProducts.repository) { $0.path == "/" ? nil : $0.deletingLastPathComponent() }
        let candidates = [given].compactMap { $0 } + above.map { $0.appending(path: "shared/data") }
        if let found = candidates.first(where: { FileManager.default.fileExists(atPath: $0.path) }) { return found }
        print("skipping tests on real data: no folder shared/data, and DEADTREES_SHARED_DATA is not set")
        return nil
    }()
}
