import Foundation

/// A file that a container wrote, opened without trust: a link leads anywhere, and a pipe would block for ever.
struct PlainFile {
    private let handle: FileHandle
    /// Bytes.
    let size: Int

    /// Nil where there is no plain file of that name.
    init?(_ path: String) {
        let descriptor = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        handle = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
        var facts = stat()
        guard fstat(descriptor, &facts) == 0, facts.st_mode & S_IFMT == S_IFREG else { return nil }
        size = Int(facts.st_size)
    }

    /// The last bytes, nil where they cannot be read.
    func end(atMost length: Int) -> Data? {
        do {
            try handle.seek(toOffset: UInt64(max(0, size - length)))
            return try handle.read(upToCount: length) ?? Data()
        } catch {
            return nil
        }
    }
}
