import Execution
import Failures
public import Foundation
import Glibc

/// Storage in a folder of this host, or one that is mounted on it.
public struct LocalStorage: Storage {
    private let root: String
    private let blocking = BlockingWork(label: "deadtrees.storage")

    /// - Parameter root: an absolute path. Made on first use.
    public init(root: String) {
        self.root = root
    }

    public func fetch(_ path: StoragePath, to local: String, progress: @escaping TransferReport) async throws {
        try await blocking.run { interruption in
            // entry() knows no links: one could lead out of the storage folder.
            guard let stored = try entry(path), !stored.isFolder else { throw Failure.notStored(path) }
            try WholeFile.copy(absolute(path), to: local, interruption, progress: progress) {
                Failure.storage("fetch", path, $0)
            }
        }
    }

    public func store(
        _ local: String, as path: StoragePath, claim: StoreClaim, progress: @escaping TransferReport
    ) async throws {
        try await blocking.run { interruption in
            try makeFolder(absolute(path.parent), of: path)
            // The copy is whole before the old version goes, so that there is no moment without a file for long
            // and never one with half a file.
            let before = {
                try claim.permit()
                try moveToTrash(path)
            }
            try WholeFile.copy(local, to: absolute(path), interruption, progress: progress, before: before) {
                Failure.storage("store", path, $0)
            }
        }
    }

    public func write(_ bytes: Data, at offset: Int64, of path: StoragePath) async throws {
        try await blocking.run {
            try makeFolder(absolute(path.parent), of: path)
            let file = open(absolute(path), O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o644)
            guard file >= 0 else { throw Failure.storage("write to", path, errno) }
            defer { close(file) }
            var done = 0
            while done < bytes.count {
                let count = bytes[(bytes.startIndex + done)...].withUnsafeBytes { rest in
                    pwrite(file, rest.baseAddress, rest.count, off_t(offset) + off_t(done))
                }
                if count < 0, errno == EINTR { continue }
                guard count > 0 else { throw Failure.storage("write to", path, errno) }
                done += count
            }
        }
    }

    public func read(_ path: StoragePath, from offset: Int64, atMost count: Int) async throws -> Data {
        try await blocking.run {
            guard let stored = try entry(path), !stored.isFolder else { throw Failure.notStored(path) }
            let file = open(absolute(path), O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
            guard file >= 0 else { throw Failure.storage("read", path, errno) }
            defer { close(file) }
            var bytes = Data(count: count)
            let got = bytes.withUnsafeMutableBytes { pread(file, $0.baseAddress, $0.count, off_t(offset)) }
            guard got >= 0 else { throw Failure.storage("read", path, errno) }
            return bytes.prefix(got)
        }
    }

    public func localPath(of path: StoragePath) async throws -> String? {
        try await blocking.run { try entry(path).flatMap { $0.isFolder ? nil : absolute(path) } }
    }

    public func stat(_ path: StoragePath) async throws -> StoredFile? {
        try await blocking.run { try entry(path) }
    }

    public func list(_ folder: StoragePath) async throws -> [StoredFile] {
        try await blocking.run {
            guard try entry(folder)?.isFolder == true else { return [] }
            // A worker that was killed may have left half a file under its temporary name.
            return try FileManager.default.contentsOfDirectory(atPath: absolute(folder)).sorted()
                .filter { !WholeFile.isTemporary($0) }.compactMap { try entry(folder.appending($0)) }
        }
    }

    public func discard(_ path: StoragePath) async throws {
        try await blocking.run { try moveToTrash(path) }
    }

    public func remove(_ path: StoragePath) async throws {
        try await blocking.run {
            guard unlink(absolute(path)) == 0 || errno == ENOENT else { throw Failure.storage("remove", path, errno) }
        }
    }

    public func rename(_ path: StoragePath, to new: StoragePath) async throws {
        try await blocking.run {
            guard try entry(path) != nil else { throw Failure.notStored(path) }
            try makeFolder(absolute(new.parent), of: new)
            try moveToTrash(new)
            guard Glibc.rename(absolute(path), absolute(new)) == 0 else {
                throw Failure.storage("rename", path, errno)
            }
        }
    }

    public func makeDirectories(_ folder: StoragePath) async throws {
        try await blocking.run { try makeFolder(absolute(folder), of: folder) }
    }

    public func facts() async throws -> StorageFacts {
        try await blocking.run {
            var space = statvfs()
            // It is made on first use, on the disk of the folder that is there by then.
            let folders = sequence(first: root) { $0.count > 1 ? ($0 as NSString).deletingLastPathComponent : nil }
            let isKnown = folders.contains { statvfs($0, &space) == 0 }
            return StorageFacts(
                place: "the folder \(root)", verification: "copies are flushed to the disk",
                freeBytes: isKnown && space.f_blocks > 0 ? Int64(space.f_bavail) * Int64(space.f_frsize) : nil)
        }
    }

    public var localRoot: String? { root }

    /// One disk has nothing to gain from two readers.
    public var width: Int { 1 }

    private func absolute(_ path: StoragePath?) -> String { path.map { "\(root)/\($0.text)" } ?? root }

    private func entry(_ path: StoragePath) throws -> StoredFile? {
        var status = Glibc.stat()
        guard lstat(absolute(path), &status) == 0 else {
            if errno == ENOENT || errno == ENOTDIR { return nil }
            throw Failure.storage("look at", path, errno)
        }
        let kind = status.st_mode & S_IFMT
        // A link could lead out of the storage folder.
        guard kind == S_IFREG || kind == S_IFDIR else { return nil }
        return StoredFile(path: path, bytes: Int64(status.st_size), isFolder: kind == S_IFDIR)
    }

    private func makeFolder(_ folder: String, of path: StoragePath) throws {
        let code = make(folder)
        guard code == 0 else { throw Failure.storage("make the folder of", path, code) }
    }

    /// Makes the folder and those above it. Returns an errno, 0 when it is there.
    private func make(_ folder: String) -> Int32 {
        // A file of that name is found out by whoever wants to write below it.
        if mkdir(folder, 0o755) == 0 || errno == EEXIST { return 0 }
        guard errno == ENOENT, folder.count > 1 else { return errno }
        let code = make((folder as NSString).deletingLastPathComponent)
        guard code == 0 else { return code }
        return mkdir(folder, 0o755) == 0 || errno == EEXIST ? 0 : errno
    }

    private func moveToTrash(_ path: StoragePath) throws {
        guard try entry(path) != nil else { return }
        let trash = try path.inTrash()
        try makeFolder(absolute(trash.parent), of: trash)
        // Another store or discard of the same name may have been faster.
        guard Glibc.rename(absolute(path), absolute(trash)) == 0 || errno == ENOENT else {
            throw Failure.storage("put aside", path, errno)
        }
    }
}
