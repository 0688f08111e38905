import Failures
import Foundation

/// One regular file on disk, opened for reading; owns its file descriptor.
final class RegularFile {
    let size: Int
    /// The file's own name, fit for messages.
    let name: String
    let descriptor: Int32

    /// Opens without waiting on a pipe. `followsLinks`: `path` is the caller's own and may be a symbolic link;
    /// what was found inside a folder may not.
    init(path: String, followsLinks: Bool) throws(Failure) {
        let name = path.split(separator: "/").last.map(String.init) ?? path
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | (followsLinks ? 0 : O_NOFOLLOW))
        guard descriptor >= 0 else { throw .fileUnreadable(name, detail: "open \(path): \(errnoText())") }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            close(descriptor)
            throw .fileUnreadable(name, detail: "\(path) is not a regular file")
        }
        self.name = name
        self.size = Int(status.st_size)
        self.descriptor = descriptor
    }

    deinit { close(descriptor) }

    /// Up to `count` bytes from `offset`, fewer only at the end of the file.
    func bytes(at offset: Int, count: Int) throws(Failure) -> [UInt8] {
        var problem: String?
        let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            while filled < count {
                let rest = UnsafeMutableRawBufferPointer(rebasing: UnsafeMutableRawBufferPointer(buffer)[filled...])
                let got = pread(descriptor, rest.baseAddress, rest.count, off_t(offset + filled))
                if got < 0 && errno == EINTR { continue }
                if got < 0 { problem = errnoText() }
                if got <= 0 { break }
                filled += got
            }
        }
        if let problem { throw .fileUnreadable(name, detail: "read: \(problem)") }
        return bytes
    }
}

/// The operating system's words for its last error.
func errnoText() -> String { String(cString: strerror(errno)) }
