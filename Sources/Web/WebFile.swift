import Failures
import Glibc

/// A file of this host that is read to be sent, open as long as this lives.
public final class WebFile: Sendable {
    /// What changes when somebody writes to a file.
    private struct Snapshot: Equatable {
        let bytes, seconds, nanoseconds: Int

        init(_ status: stat) {
            (bytes, seconds, nanoseconds) = (Int(status.st_size), status.st_mtim.tv_sec, status.st_mtim.tv_nsec)
        }
    }

    private let descriptor: Int32
    private let before: Snapshot

    /// - Throws: `web_file_unreadable`; also for what is no regular file.
    public init(_ path: String) throws {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw Failure.fileUnreadable(errno) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            close(descriptor)
            throw Failure.fileUnreadable(status.st_mode & S_IFMT == S_IFDIR ? EISDIR : EINVAL)
        }
        self.descriptor = descriptor
        before = Snapshot(status)
    }

    deinit { close(descriptor) }

    /// The size when it was opened, in bytes.
    public var bytes: Int64 { Int64(before.bytes) }

    /// When it was last written to before it was opened: nanoseconds since 1970.
    public var modified: Int64 { Int64(before.seconds) * 1_000_000_000 + Int64(before.nanoseconds) }

    /// Whether nobody has written to it since it was opened.
    public var isUnchanged: Bool {
        var status = stat()
        return fstat(descriptor, &status) == 0 && Snapshot(status) == before
    }

    /// Fills the buffer from `offset` on, as far as the file goes.
    /// - Returns: how many bytes there were.
    /// - Throws: `web_file_unreadable`.
    public func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int64) throws -> Int {
        var done = 0
        while done < buffer.count {
            let count = pread(
                descriptor, buffer.baseAddress.map { $0 + done }, buffer.count - done, off_t(offset) + off_t(done))
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw Failure.fileUnreadable(errno) }
            if count == 0 { break }
            done += count
        }
        return done
    }
}
