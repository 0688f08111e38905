import Checksums
import Failures
import Foundation
import Glibc
import NIOCore

/// Owns a descriptor. All calls block.
final class OpenFile: Sendable {
    private let descriptor: Int32

    init(_ path: String, _ flags: Int32) throws {
        descriptor = open(path, flags | O_CLOEXEC | O_NOFOLLOW, 0o644)
        guard descriptor >= 0 else { throw Failure.uploadFile("open", errno) }
    }

    deinit { close(descriptor) }

    /// Bytes, also of what is a hole.
    var size: Int64 {
        get throws {
            let end = lseek(descriptor, 0, SEEK_END)
            guard end >= 0 else { throw Failure.uploadFile("look at", errno) }
            return Int64(end)
        }
    }

    func write(_ buffer: ByteBuffer, at offset: Int64) throws {
        try buffer.withUnsafeReadableBytes { bytes in
            var done = 0
            while done < bytes.count, let start = bytes.baseAddress {
                let count = pwrite(
                    descriptor, start + done, bytes.count - done, off_t(offset) + off_t(done))
                if count < 0, errno == EINTR { continue }
                guard count > 0 else { throw Failure.uploadFile("write", errno) }
                done += count
            }
        }
    }

    func append(_ data: Data) throws {
        let count = data.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
        guard count == data.count else { throw Failure.uploadFile("write", count < 0 ? errno : ENOSPC) }
    }

    /// Copies the file's first bytes to a place in another one, within the kernel. Nobody else may copy into that one.
    func copy(_ count: Int64, to target: OpenFile, at offset: Int64) throws {
        guard lseek(target.descriptor, off_t(offset), SEEK_SET) >= 0 else { throw Failure.uploadFile("seek", errno) }
        var from = off_t(0)
        while from < count {
            let copied = sendfile(target.descriptor, descriptor, &from, min(Int(count) - from, 64 << 20))
            if copied < 0, errno == EINTR { continue }
            guard copied > 0 else { throw Failure.uploadFile("copy", copied < 0 ? errno : EIO) }
        }
    }

    func truncate(to size: Int64) throws {
        guard ftruncate(descriptor, off_t(size)) == 0 else { throw Failure.uploadFile("cut", errno) }
    }

    /// Takes the file's lock, which goes with this object. False where another process has it.
    func tryLock() -> Bool { flock(descriptor, LOCK_EX | LOCK_NB) == 0 }

    func flush() throws {
        guard fsync(descriptor) == 0 else { throw Failure.uploadFile("flush", errno) }
    }

    /// SHA-256 of a range, in lower-case hexadecimal digits.
    func digest(of place: UploadJournal.Place) throws -> String {
        let hash = SHA256()
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 4096)
        defer { buffer.deallocate() }
        var offset = place.offset
        while offset < place.end {
            let wanted = Int(min(Int64(buffer.count), place.end - offset))
            let count = pread(descriptor, buffer.baseAddress, wanted, off_t(offset))
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw Failure.uploadFile("read", count < 0 ? errno : EIO) }
            hash.update(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
            offset += Int64(count)
        }
        return hash.hexDigest()
    }
}

extension Failure {
    static func uploadFile(_ operation: String, _ code: Int32) -> Failure {
        if code == ENOSPC || code == EDQUOT || code == EFBIG {
            return Failure(
                "disk_full", "the server's disk is full; what has arrived is kept, go on with the upload later",
                retry: .later)
        }
        return Failure(
            "upload_file", "the server could not keep the upload",
            detail: "\(operation): \(String(cString: strerror(code)))",
            retry: .later)
    }
}
