/// Where datasets' files live for good. Paths are relative to the storage root, with forward slashes, and never
/// leave it. A file appears under its name only when it is whole.
public protocol Storage: Sendable {
    /// Copies a stored file to `local`, a path on this host whose folder exists.
    func fetch(_ path: StoragePath, to local: String, progress: @escaping @Sendable (Double) -> Void) async throws

    /// Copies the local file into storage, making folders as needed. An older version is put into `trash/`.
    func store(_ local: String, as path: StoragePath, progress: @escaping @Sendable (Double) -> Void) async throws

    /// Nil when there is nothing of that name.
    func stat(_ path: StoragePath) async throws -> StoredFile?

    /// The files directly in a folder, by name, sorted. Empty when there is no such folder.
    func list(_ folder: StoragePath) async throws -> [StoredFile]

    /// Puts a file or folder into `trash/`, from where an operator removes it. Nothing there is no error.
    func discard(_ path: StoragePath) async throws
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
