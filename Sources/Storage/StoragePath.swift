import Failures
import Foundation
import Glibc

/// A checked path below the storage root: no empty part, no `.` or `..`, no leading slash, no NUL.
public struct StoragePath: Hashable, Sendable, CustomStringConvertible {
    public let text: String
    public var description: String { text }
    public var name: String { text.split(separator: "/").last.map(String.init) ?? text }

    /// The folder that it is in; nil for the root.
    var parent: StoragePath? { text.lastIndex(of: "/").map { StoragePath(checked: String(text[..<$0])) } }

    private init(checked text: String) { self.text = text }

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

    /// A name for what is put aside under this path. Files of one name may be put aside within one millisecond, and
    /// each has to stay.
    func inTrash() throws -> StoragePath {
        let moment = Int(Date().timeIntervalSince1970 * 1000)
        return try StoragePath("trash/\(moment)-\(UUID().uuidString.prefix(8))_\(shortName)")
    }

    /// The end of the name, with room for something before it: file systems take 255 bytes.
    var shortName: String {
        var short = Substring(name)
        while short.utf8.count > 180 { short.removeFirst() }
        return String(short)
    }

    private static let topFolders: Set<String> = ["raw_images", "archive", "cogs", "thumbnails", "logs"]

    /// `archive/{id}_ortho.tif`
    public static func ortho(of datasetID: Int64) throws -> StoragePath { try .init("archive/\(datasetID)_ortho.tif") }
    /// `raw_images/{id}`: photos in `images/`, RTK files beside it, and the ZIP that they came in.
    public static func rawImages(of datasetID: Int64) throws -> StoragePath { try .init("raw_images/\(datasetID)") }
    /// `cogs/{path}`, where `path` is what `v2_cogs.cog_path` says.
    public static func cog(_ path: String) throws -> StoragePath { try .init("cogs/\(path)") }
    /// `thumbnails/{path}`, where `path` is what `v2_thumbnails.thumbnail_path` says.
    public static func thumbnail(_ path: String) throws -> StoragePath { try .init("thumbnails/\(path)") }
    /// `logs/{id}/odm-{attempt}.log`
    public static func odmLog(of datasetID: Int64, attempt: Int) throws -> StoragePath {
        try .init("logs/\(datasetID)/odm-\(attempt).log")
    }
}
