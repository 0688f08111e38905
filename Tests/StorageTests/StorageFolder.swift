import Failures
import Foundation
import Storage
import Testing

/// A storage folder and a folder for local files, both removed with it.
final class StorageFolder: Sendable {
    let root: String
    let local: String
    let storage: LocalStorage
    private let base: String

    init() throws {
        base = FileManager.default.temporaryDirectory.appending(path: "storage-\(UUID().uuidString)").path
        root = "\(base)/root"
        local = "\(base)/local"
        try FileManager.default.createDirectory(atPath: local, withIntermediateDirectories: true)
        storage = LocalStorage(root: root)
    }

    deinit {
        // What cannot be removed goes with the system's temporary folder.
        try? FileManager.default.removeItem(atPath: base)
    }

    func write(_ text: String, _ name: String = "file") throws -> String {
        try Data(text.utf8).write(to: URL(fileURLWithPath: "\(local)/\(name)"))
        return "\(local)/\(name)"
    }

    func store(_ text: String, as path: String) async throws {
        try await storage.store(write(text, UUID().uuidString), as: StoragePath(path), progress: { _ in })
    }

    /// What lies in storage under the path.
    func text(_ path: String) throws -> String { try String(contentsOfFile: "\(root)/\(path)", encoding: .utf8) }

    /// All files below storage's root, by path.
    func files() -> [String] {
        let found = FileManager.default.enumerator(atPath: root)?.compactMap { $0 as? String } ?? []
        return found.filter { path in
            var isFolder: ObjCBool = false
            return FileManager.default.fileExists(atPath: "\(root)/\(path)", isDirectory: &isFolder)
                && !isFolder.boolValue
        }
    }

    func trash() -> [String] { files().filter { $0.hasPrefix("trash/") } }
}

func failure(of body: () async throws -> Void) async throws -> Failure {
    try await #require(throws: Failure.self) { try await body() }
}
