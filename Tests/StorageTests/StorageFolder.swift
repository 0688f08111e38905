import Failures
import Foundation
import Logging
import SFTP
import Storage
import Testing

/// What the promises of `Storage` are tested on.
enum StorageKind: String, CaseIterable, CustomTestStringConvertible {
    case local
    /// On the server of scripts/services.
    case sftp

    var testDescription: String { rawValue }

    /// Those that are to be had.
    static var here: [StorageKind] { allCases.filter { $0 == .local || TestServer.address != nil } }
}

/// The SSH server that scripts/services has started.
enum TestServer {
    /// Nil where the tests are not run through make test.
    static let address: ServerAddress? = {
        let environment = ProcessInfo.processInfo.environment
        guard let url = environment["DEADTREES_TEST_SFTP_URL"].flatMap(URLComponents.init(string:)),
            let user = url.user,
            let host = url.host, let port = url.port, let key = environment["STORAGE_SSH_KEY"],
            let hosts = environment["STORAGE_KNOWN_HOSTS"]
        else { return nil }
        return ServerAddress(
            user: user, host: host, port: port, keyFile: key, passphrase: nil, knownHostsFile: hosts)
    }()
}

/// A storage folder and a folder for local files, both removed with it.
final class StorageFolder: Sendable {
    let root: String
    let local: String
    let storage: any Storage
    private let base: String

    init(_ kind: StorageKind = .local) throws {
        base = FileManager.default.temporaryDirectory.appending(path: "storage-\(UUID().uuidString)").path
        root = "\(base)/root"
        local = "\(base)/local"
        try FileManager.default.createDirectory(atPath: local, withIntermediateDirectories: true)
        switch kind {
        case .local: storage = LocalStorage(root: root)
        case .sftp:
            storage = try SFTPStorage(
                #require(TestServer.address), folder: root, logger: Logger(label: "deadtrees.test"))
        }
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

    /// All files below storage's root, by path, but for the checksums that are kept of them.
    func files() -> [String] {
        let found = FileManager.default.enumerator(atPath: root)?.compactMap { $0 as? String } ?? []
        return found.filter { path in
            var isFolder: ObjCBool = false
            return FileManager.default.fileExists(atPath: "\(root)/\(path)", isDirectory: &isFolder)
                && !isFolder.boolValue && !path.hasPrefix("checksums/")
        }
    }

    func trash() -> [String] { files().filter { $0.hasPrefix("trash/") } }
}

func failure(of body: () async throws -> Void) async throws -> Failure {
    try await #require(throws: Failure.self) { try await body() }
}
