import Failures
import Glibc

/// A checked path below the storage root: no empty part, no `.` or `..`, no leading slash, no NUL.
public struct StoragePath: Hashable, Sendable, CustomStringConvertible {
    public let text: String
    public var description: String { text }
    public var name: String { text.split(separator: "/").last.map(String.init) ?? text }

    /// - Throws: `Failure` with code `bad_storage_path`.
    public init(_ text: String) throws {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        let isSafe = parts.allSatisfy { !$0.isEmpty && $0 != "." && $0 != ".." && !$0.utf8.contains(0) }
        guard isSafe, text.utf8.count < 1024 else { throw Failure.badStoragePath(text) }
        self.text = text
    }

    /// A path as a database row has it. Today's API writes absolute paths of its own host: what counts is the
    /// part from one of the storage layout's top folders on.
    public init(fromDatabase text: String) throws {
        let parts = text.split(separator: "/").map(String.init)
        // A photo's folder may be called logs, a server's folder archive: raw_images is what is looked for first.
        let top = parts.firstIndex(of: "raw_images") ?? parts.lastIndex { Self.topFolders.contains($0) }
        let start = text.hasPrefix("/") ? top ?? 0 : 0
        try self.init(parts[start...].joined(separator: "/"))
    }

    public func appending(_ name: String) throws -> StoragePath { try StoragePath("\(text)/\(name)") }

    private static let topFolders: Set<String> = ["raw_images", "archive", "cogs", "thumbnails", "logs"]

    /// `archive/{id}_ortho.tif`
    public static func ortho(of datasetID: Int64) throws -> StoragePath { try .init("archive/\(datasetID)_ortho.tif") }
    /// `cogs/{path}`, where `path` is what `v2_cogs.cog_path` says.
    public static func cog(_ path: String) throws -> StoragePath { try .init("cogs/\(path)") }
    /// `thumbnails/{path}`, where `path` is what `v2_thumbnails.thumbnail_path` says.
    public static func thumbnail(_ path: String) throws -> StoragePath { try .init("thumbnails/\(path)") }
    /// `logs/{id}/odm-{attempt}.log`
    public static func odmLog(of datasetID: Int64, attempt: Int) throws -> StoragePath {
        try .init("logs/\(datasetID)/odm-\(attempt).log")
    }
}

extension Failure {
    static func badStoragePath(_ text: String) -> Failure {
        Failure("bad_storage_path", "the path \"\(text.prefix(80))\" does not lie within the storage folder")
    }
    static func notStored(_ path: StoragePath) -> Failure {
        Failure("not_stored", "\(path) is not in storage; upload it again")
    }
    static func storage(_ operation: String, _ path: StoragePath, _ code: Int32) -> Failure {
        // Full disks, quotas and I/O errors pass; what the path itself forbids does not.
        let permanent: Set<Int32> = [EACCES, EPERM, ENAMETOOLONG, ENOTDIR, EISDIR, ELOOP]
        return Failure(
            code == ENOSPC || code == EDQUOT ? "storage_full" : "storage_failed",
            "could not \(operation) \(path): \(String(cString: strerror(code)))",
            retry: permanent.contains(code) ? .never : .later)
    }
}
