import Glibc
import SFTP

/// A file of this host that is being transferred, open as long as this lives.
final class LocalFile: Sendable {
    let descriptor: Int32
    private let before: Snapshot

    /// What changes when somebody writes to a file.
    private struct Snapshot: Equatable {
        let bytes, seconds, nanoseconds: Int

        init(_ descriptor: Int32) throws(TransferError) {
            var status = stat()
            guard fstat(descriptor, &status) == 0 else { throw TransferError.local(errno) }
            (bytes, seconds, nanoseconds) = (Int(status.st_size), status.st_mtim.tv_sec, status.st_mtim.tv_nsec)
        }
    }

    var bytes: Int64 { Int64(before.bytes) }

    /// Opens an existing file to read it, or makes a new one to fill it.
    /// - Throws: `TransferError.local`.
    init(_ path: String, isNew: Bool = false) throws(TransferError) {
        let flags = isNew ? O_RDWR | O_CREAT | O_EXCL : O_RDONLY
        let descriptor = open(path, flags | O_CLOEXEC | O_NOFOLLOW, 0o644)
        guard descriptor >= 0 else { throw TransferError.local(errno) }
        do {
            before = try Snapshot(descriptor)
        } catch {
            close(descriptor)
            throw error
        }
        self.descriptor = descriptor
    }

    deinit { close(descriptor) }

    /// Whether nobody has written to it since it was opened.
    var isUnchanged: Bool { (try? Snapshot(descriptor)) == before }  // what cannot be asked has changed

    /// Returns when the bytes are on the disk.
    func flush() throws(TransferError) {
        guard fsync(descriptor) == 0 else { throw TransferError.local(errno) }
    }
}
