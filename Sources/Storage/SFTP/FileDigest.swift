import Checksums
import Execution
import Glibc
import SFTP

/// The SHA-256 of a local file, computed beside its transfer: what was just read or written is still in memory.
actor FileDigest {
    private nonisolated let executor = QueueExecutor(label: "deadtrees.digest")
    nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }
    private let file: LocalFile
    private let hash = SHA256()
    private var done: Int64 = 0

    init(_ file: LocalFile) { self.file = file }

    /// Goes on to `end`, in bytes from the file's start.
    /// - Throws: `TransferError`; `CancellationError`.
    func extend(to end: Int64, _ interruption: Interruption) throws {
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 4096)
        defer { buffer.deallocate() }
        while done < end {
            try interruption.check()
            let count = pread(file.descriptor, buffer.baseAddress, min(buffer.count, Int(end - done)), off_t(done))
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw count < 0 ? TransferError.local(errno) : .sourceChanged }
            hash.update(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
            done += Int64(count)
        }
    }

    /// In hexadecimal digits; it may be asked for at any time.
    func value() -> String { hash.hexDigest() }
}
