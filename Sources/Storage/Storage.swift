public import Foundation

/// Where datasets' files live for good. Paths are relative to the storage root, with forward slashes, and never
/// leave it. A file appears under its name only when it is whole.
public protocol Storage: Sendable {
    /// Copies a stored file to `local`, a path on this host whose folder exists.
    func fetch(_ path: StoragePath, to local: String, progress: @escaping @Sendable (Double) -> Void) async throws

    /// Copies the local file into storage, making folders as needed. An older version is put into `trash/`.
    /// - Parameter permit: asked when the copy is whole, just before it takes its name; throws where it must not.
    func store(
        _ local: String, as path: StoragePath, permit: @escaping @Sendable () throws -> Void,
        progress: @escaping @Sendable (Double) -> Void
    ) async throws

    /// Writes bytes at their place in a file that grows, which is made where it is missing. For logs: the one kind of
    /// file that may be seen before it is whole. The same bytes at the same place may be written again.
    func write(_ bytes: Data, at offset: Int64, of path: StoragePath) async throws

    /// The bytes from `offset` on, at most `count` of them; empty at the file's end.
    func read(_ path: StoragePath, from offset: Int64, atMost count: Int) async throws -> Data

    /// Where the stored file lies on this host, for whoever only reads it; nil where it does not, or is no file. It may
    /// be put aside at any time: who has opened it goes on reading what it was.
    func localPath(of path: StoragePath) async throws -> String?

    /// Nil when there is nothing of that name.
    func stat(_ path: StoragePath) async throws -> StoredFile?

    /// The files directly in a folder, by name, sorted. Empty when there is no such folder.
    func list(_ folder: StoragePath) async throws -> [StoredFile]

    /// Puts a file or folder into `trash/`, from where an operator removes it. Nothing there is no error.
    func discard(_ path: StoragePath) async throws
}

extension Storage {
    public func localPath(of path: StoragePath) async throws -> String? { nil }

    /// The same, for whoever needs nobody's permission.
    public func store(
        _ local: String, as path: StoragePath, progress: @escaping @Sendable (Double) -> Void
    ) async throws {
        try await store(local, as: path, permit: {}, progress: progress)
    }
}

/// What storage knows of one name.
public struct StoredFile: Sendable, Equatable {
    public let path: StoragePath
    public let bytes: Int64
    public let isFolder: Bool

    public init(path: StoragePath, bytes: Int64, isFolder: Bool) {
        self.path = path
        self.bytes = bytes
        self.isFolder = isFolder
    }
}
