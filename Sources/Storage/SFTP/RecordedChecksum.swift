import Failures
import Foundation
import Logging
import SFTP

/// The SHA-256 of a stored file, kept beside it under `checksums/` in the form that `sha256sum --check` reads.
///
/// It is believed only while size and time of the file are as they were: who writes into the storage folder by other
/// means need not know of it.
struct RecordedChecksum: Equatable, Sendable {
    let digest: String
    let path: StoragePath
    let bytes: Int64?
    let modified: UInt32?

    init(digest: String, path: StoragePath, _ attributes: FileAttributes) {
        self.digest = digest
        self.path = path
        bytes = attributes.bytes
        modified = attributes.modified
    }

    /// Nil for what is no record of the file with these attributes.
    init?(_ text: String, of path: StoragePath, _ attributes: FileAttributes) {
        self.init(digest: String(text.prefix(64)), path: path, attributes)
        guard text == self.text else { return nil }
    }

    /// sha256sum passes over lines that begin with a number sign.
    var text: String { "\(digest)  \(path)\n# \(bytes ?? 0) bytes, modified \(modified ?? 0)\n" }

    static func place(of path: StoragePath) throws -> StoragePath { try StoragePath("checksums/\(path).sha256") }
}

extension SFTPStorage {
    func recordedChecksum(
        of path: StoragePath, _ attributes: FileAttributes, _ session: SFTPSession
    ) throws -> String? {
        do {
            let place = absolute(try RecordedChecksum.place(of: path))
            let text = try session.withFile(place, .read) { try session.read($0, from: 0, atMost: 4096) }
            return RecordedChecksum(String(decoding: text, as: UTF8.self), of: path, attributes)?.digest
        } catch is SFTPStatus {
            // Without one there is less to compare with, and no reason not to fetch.
            return nil
        }
    }

    /// What is stored is whole without it, too: so its failures are not the file's.
    func remember(_ checksum: RecordedChecksum) async {
        do {
            let place = try RecordedChecksum.place(of: checksum.path)
            try await call("write to", place, on: transfers) { session, absolute in
                try self.makeFolders(place.parent, session)
                try self.ignoringMissing { try session.remove(absolute) }
                try session.withFile(absolute, [.write, .create]) {
                    try session.write(Data(checksum.text.utf8), to: $0, at: 0)
                }
            }
        } catch {
            logger.debug("a checksum is not recorded", metadata: ["path": "\(checksum.path)", "error": "\(error)"])
        }
    }

    func forgetChecksum(of path: StoragePath, _ session: SFTPSession) throws {
        do {
            try session.remove(absolute(try RecordedChecksum.place(of: path)))
        } catch is SFTPStatus {
            // None is there; or it stays, and the next file of the name has another time.
        }
    }
}
