import Execution
import Failures
import Foundation
import Glibc

/// Copies that are whole or not there: written under another name, flushed to the disk, then renamed.
enum WholeFile {
    /// - Parameters:
    ///   - before: runs when the copy is whole, just before it takes its name.
    ///   - failure: makes the failure for an errno.
    static func copy(
        _ source: String, to target: String, _ interruption: Interruption, progress: TransferReport,
        before: () throws -> Void = {}, failure: (Int32) -> Failure
    ) throws {
        let part = "\(target).part-\(UUID().uuidString.prefix(8))"
        do {
            try write(source, to: part, interruption, progress: progress, failure: failure)
            try before()
            guard rename(part, target) == 0 else { throw failure(errno) }
        } catch {
            unlink(part)
            throw error
        }
    }

    /// Whether a file of this name is, or was to become, another file.
    static func isTemporary(_ name: String) -> Bool { name.wholeMatch(of: /.*\.part-[0-9A-F]{8}/) != nil }

    private static func write(
        _ source: String, to part: String, _ interruption: Interruption, progress: TransferReport,
        failure: (Int32) -> Failure
    ) throws {
        let input = open(source, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
        guard input >= 0 else { throw failure(errno) }
        defer { close(input) }
        let output = open(part, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o644)
        guard output >= 0 else { throw failure(errno) }
        defer { close(output) }
        var status = stat()
        guard fstat(input, &status) == 0 else { throw failure(errno) }
        try pump(input, output, Int64(status.st_size), interruption, progress: progress, failure: failure)
        guard fsync(output) == 0 else { throw failure(errno) }
    }

    /// sendfile stays in the kernel: no byte passes through this process.
    private static func pump(
        _ input: Int32, _ output: Int32, _ bytes: Int64, _ interruption: Interruption, progress: TransferReport,
        failure: (Int32) -> Failure
    ) throws {
        var done: Int64 = 0
        while done < bytes {
            try interruption.check()
            let count = sendfile(output, input, nil, min(Int(bytes - done), 64 << 20))
            if count < 0, errno == EINTR { continue }
            // The source got shorter while it was read: what was copied is not what was asked for.
            guard count > 0 else { throw failure(count < 0 ? errno : EIO) }
            done += Int64(count)
            progress(TransferProgress(doneBytes: done, totalBytes: bytes))
        }
        if bytes == 0 { progress(TransferProgress(doneBytes: 0, totalBytes: 0)) }
    }
}
