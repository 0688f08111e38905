import Failures
public import Foundation

/// One request each. Paths are the server's, absolute.
///
/// All throw `SFTPStatus`, after which the session goes on, `Failure` `storage_unreachable`, or `CancellationError`.
extension SFTPSession {
    /// Runs `body` with an open file, and closes it however that ends.
    public func withFile<Answer>(
        _ path: String, _ mode: OpenMode, _ body: (RemoteFile) throws -> Answer
    ) throws -> Answer {
        try closing(open(path, mode), body)
    }

    /// Makes an empty file where there is none.
    public func create(_ path: String) throws { try withFile(path, [.write, .create]) { _ in } }

    private func open(_ path: String, _ mode: OpenMode) throws -> RemoteFile {
        try ask(
            .open, as: "open",
            {
                $0.add(path)
                $0.add(mode.rawValue)
                // Attributes of a new file: its permissions.
                $0.add(UInt32(mode.contains(.create) ? 4 : 0))
                if mode.contains(.create) { $0.add(UInt32(0o644)) }
            }
        ) { RemoteFile(handle: [UInt8](try $0.content.data())) }
    }

    /// Of the file that is open, whatever its name means by now.
    public func attributes(of file: RemoteFile) throws -> FileAttributes {
        try ask(.fstat, as: "look at", { $0.add(file.handle) }) { try FileAttributes(&$0.content) }
    }

    /// Nil where there is nothing of that name. Links are not followed.
    public func attributes(at path: String) throws -> FileAttributes? {
        try orNil { try ask(.lstat, as: "look at", { $0.add(path) }) { try FileAttributes(&$0.content) } }
    }

    /// The names in a folder with their attributes, without `.` and `..`; nil where there is no such folder.
    public func list(_ path: String) throws -> [(name: String, attributes: FileAttributes)]? {
        guard let folder = try orNil({ try openFolder(path) }) else { return nil }
        return try closing(folder) { folder in
            var entries: [(String, FileAttributes)] = []
            while let piece = try readFolder(folder), !piece.isEmpty {
                entries += piece.filter { $0.name != "." && $0.name != ".." }
            }
            return entries
        }
    }

    /// Deletes a file, not a folder.
    public func remove(_ path: String) throws { try ask(.remove, as: "remove") { $0.add(path) } }

    /// Makes one folder, with mode 0755; fails where it is there.
    public func makeFolder(_ path: String) throws {
        try ask(.makeDirectory, as: "make a folder for") {
            $0.add(path)
            $0.add(UInt32(4))
            $0.add(UInt32(0o755))
        }
    }

    /// Renames; what has the new name already goes, where the server knows how to do both at once.
    public func rename(_ old: String, to new: String) throws {
        try twoPaths(old, new, extension: "posix-rename@openssh.com", else: .rename, as: "rename")
    }

    /// Whether ``rename(_:to:)`` takes the place of what is there.
    public var canReplace: Bool { supports("posix-rename@openssh.com") }

    /// Gives a file a second name.
    /// - Returns: false where the server does not know how.
    public func link(_ old: String, to new: String) throws -> Bool {
        guard supports("hardlink@openssh.com") else { return false }
        try twoPaths(old, new, extension: "hardlink@openssh.com", else: .rename, as: "put aside")
        return true
    }

    /// Makes the server write the file to its disk, where it can be asked to.
    public func flush(_ file: RemoteFile) throws {
        guard supports("fsync@openssh.com") else { return }
        try ask(.extended, as: "flush") {
            $0.add("fsync@openssh.com")
            $0.add(file.handle)
        }
    }

    /// Bytes that this user may still write on the disk of the path. Nil where the server does not say.
    public func freeBytes(at path: String) throws -> Int64? {
        guard supports("statvfs@openssh.com") else { return nil }
        return try ask(
            .extended, as: "measure the disk of",
            {
                $0.add("statvfs@openssh.com")
                $0.add(path)
            }
        ) { reply in
            _ = try reply.content.uint64()
            let fragment = try reply.content.uint64()
            _ = (try reply.content.uint64(), try reply.content.uint64())
            let (free, isTooLarge) = fragment.multipliedReportingOverflow(by: try reply.content.uint64())
            return isTooLarge ? .max : Int64(clamping: free)
        }
    }

    /// Reads up to `count` bytes; fewer only at the end.
    public func read(_ file: RemoteFile, from offset: Int64, atMost count: Int) throws -> Data {
        var data = Data()
        while data.count < count {
            let piece = try readOnce(file, from: offset + Int64(data.count), atMost: count - data.count)
            guard let piece else { break }
            data += piece
        }
        return data
    }

    /// Writes the bytes at `offset`, in bytes from the file's start, one request after the other.
    public func write(_ data: Data, to file: RemoteFile, at offset: Int64) throws {
        for start in stride(from: 0, to: data.count, by: largestPiece) {
            let piece = data.dropFirst(start).prefix(largestPiece)
            try ask(.write, as: "write") {
                $0.add(file.handle)
                $0.add(UInt64(offset) + UInt64(start))
                $0.add([UInt8](piece))
            }
        }
    }

    /// A server has only so many handles for one session.
    private func closing<Answer>(_ file: RemoteFile, _ body: (RemoteFile) throws -> Answer) throws -> Answer {
        let answer: Answer
        do {
            answer = try body(file)
        } catch {
            if isUsable { try? close(file) }  // what went wrong first counts; a broken session takes its handles along
            throw error
        }
        try close(file)
        return answer
    }

    private func close(_ file: RemoteFile) throws { try ask(.close, as: "close") { $0.add(file.handle) } }

    private func readOnce(_ file: RemoteFile, from offset: Int64, atMost count: Int) throws -> Data? {
        do {
            let asked = min(count, largestPiece)
            return try ask(
                .read, as: "read",
                {
                    $0.add(file.handle)
                    $0.add(UInt64(offset))
                    $0.add(UInt32(asked))
                }
            ) { reply in
                let data = try reply.content.data()
                guard (1...asked).contains(data.count) else {
                    throw Failure.unreachable("the server sent \(data.count) bytes of \(asked)")
                }
                return Data(data)
            }
        } catch let status as SFTPStatus where status.code == .endOfFile {
            return nil
        }
    }

    private func openFolder(_ path: String) throws -> RemoteFile {
        try ask(.openDirectory, as: "list", { $0.add(path) }) { RemoteFile(handle: [UInt8](try $0.content.data())) }
    }

    private func readFolder(_ folder: RemoteFile) throws -> [(name: String, attributes: FileAttributes)]? {
        do {
            return try ask(.readDirectory, as: "list", { $0.add(folder.handle) }) { reply in
                // One by one: the count is the server's word, and may be four billion.
                var entries: [(name: String, attributes: FileAttributes)] = []
                for _ in 0..<(try reply.content.uint32()) {
                    let name = try reply.content.text()
                    _ = try reply.content.data()
                    entries.append((name, try FileAttributes(&reply.content)))
                }
                return entries
            }
        } catch let status as SFTPStatus where status.code == .endOfFile {
            return nil
        }
    }

    private func twoPaths(
        _ old: String, _ new: String, extension name: String, else type: PacketType, as operation: String
    ) throws {
        let isExtended = supports(name)
        try ask(isExtended ? .extended : type, as: operation) {
            if isExtended { $0.add(name) }
            $0.add(old)
            $0.add(new)
        }
    }

    private func orNil<Answer>(_ body: () throws -> Answer) throws -> Answer? {
        do { return try body() } catch let status as SFTPStatus where status.code == .noSuchFile { return nil }
    }
}
