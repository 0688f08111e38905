import Foundation
import Tasks

/// Where uploads lie until they are datasets: in the storage folder where that is on this host, so that a whole file
/// needs only a new name; else in the scratch folder.
struct UploadFolder: Sendable {
    let root: String
    /// Whether a file here is in storage already, but for its name.
    let isStorage: Bool

    /// The bytes of an upload, as far as they have come. Today's API has them under the same name.
    func data(_ uploadID: String, _ kind: UploadKind) -> String { "\(root)/\(kind.folder)/\(uploadID).tmp" }

    /// What has come of it; see ``UploadJournal``.
    func journal(_ uploadID: String, _ kind: UploadKind) -> String { "\(root)/\(kind.folder)/\(uploadID).parts" }

    /// A name for a file or folder that is to take another.
    func fresh(_ purpose: String) -> String { "\(incoming)/upload-\(purpose)-\(UUID().uuidString.lowercased())" }

    var incoming: String { "\(root)/incoming" }

    func make() throws {
        for kind in UploadKind.allCases { try makeFolder("\(root)/\(kind.folder)") }
        try makeFolder(incoming)
    }

    private func makeFolder(_ path: String) throws {
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    /// The uploads that are here, of this life of the server or an earlier one.
    func uploads() throws -> [(uploadID: String, kind: UploadKind)] {
        try UploadKind.allCases.flatMap { kind in
            try FileManager.default.contentsOfDirectory(atPath: "\(root)/\(kind.folder)")
                .filter { $0.hasSuffix(".parts") }.map { (String($0.dropLast(6)), kind) }
        }
    }

    /// Removes what earlier lives left in `incoming`: nobody goes on with it.
    func clearIncoming() throws {
        for name in try FileManager.default.contentsOfDirectory(atPath: incoming) where name.hasPrefix("upload-") {
            try FileManager.default.removeItem(atPath: "\(incoming)/\(name)")
        }
    }

    /// Bytes that may be written here before `reserve` is touched; nil where the file system does not tell.
    func room(reserve: Int64) -> Int64? {
        FreeSpace(of: root).map { $0.bytes - reserve }
    }
}
