public import Foundation

/// Where datasets' files live for good. Paths are relative to the storage root, with forward slashes, and never
/// leave it. A file appears under its name only when it is whole.
///
/// All throw `Failure`: `not_stored`, `storage_…` (docs/operations.md says what to do), `disk_full`; and
/// `CancellationError`, within a second after their task is canceled.
public protocol Storage: Sendable {
    /// Copies a stored file to `local`, a path on this host whose folder exists.
    func fetch(_ path: StoragePath, to local: String, progress: @escaping TransferReport) async throws

    /// Copies the local file into storage, making folders as needed. An older version is put into `trash/`.
    /// - Parameter claim: on whose behalf; asked when the copy is whole, just before it takes its name.
    func store(
        _ local: String, as path: StoragePath, claim: StoreClaim, progress: @escaping TransferReport
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

    /// Deletes a file for good. Nothing there is no error.
    func remove(_ path: StoragePath) async throws

    /// Gives a file or folder another name, making folders as needed. What has that name already goes to `trash/`.
    func rename(_ path: StoragePath, to new: StoragePath) async throws

    /// Makes the folder and those above it. One that is there is no error.
    func makeDirectories(_ folder: StoragePath) async throws

    /// What an operator wants to know of the place itself. Over SSH the folder is made where it is missing.
    func facts() async throws -> StorageFacts

    /// How many files are best transferred at a time.
    var width: Int { get }

    /// The root as a folder of this host, so that a file in it needs only another name; nil where storage is elsewhere.
    var localRoot: String? { get }
}

extension Storage {
    public var localRoot: String? { nil }

    public func localPath(of path: StoragePath) async throws -> String? { nil }

    /// The same, on nobody's behalf.
    public func store(
        _ local: String, as path: StoragePath, progress: @escaping TransferReport
    ) async throws {
        try await store(local, as: path, claim: .nobody, progress: progress)
    }
}

/// Is told how far a transfer is, from any thread.
public typealias TransferReport = @Sendable (TransferProgress) -> Void

/// How far a transfer is.
public struct TransferProgress: Sendable, Equatable {
    /// What has been moved, and compared where it is.
    public let doneBytes: Int64
    public let totalBytes: Int64

    public init(doneBytes: Int64, totalBytes: Int64) {
        self.doneBytes = doneBytes
        self.totalBytes = totalBytes
    }

    /// "1.2 of 3.4 GB"
    public var inWords: String {
        let units: [(name: String, bytes: Double)] = [("GB", 1e9), ("MB", 1e6), ("kB", 1e3), ("bytes", 1)]
        let unit = units.first { Double(totalBytes) >= $0.bytes } ?? ("bytes", 1)
        let digits = unit.bytes > 1 ? 1 : 0
        let written = [doneBytes, totalBytes].map { String(format: "%.\(digits)f", Double($0) / unit.bytes) }
        return "\(written[0]) of \(written[1]) \(unit.name)"
    }

    /// From 0 to 1; an empty file is done.
    public var share: Double { totalBytes > 0 ? Double(doneBytes) / Double(totalBytes) : 1 }
}

/// On whose behalf a file is stored.
public struct StoreClaim: Sendable {
    /// Part of the file's temporary name, so that an operator sees whose half a file is: `{queue id}-{attempt}`.
    public let attempt: String
    /// Throws where the file must not take its name.
    public let permit: @Sendable () throws -> Void

    public init(attempt: String, permit: @escaping @Sendable () throws -> Void) {
        self.attempt = attempt
        self.permit = permit
    }

    /// Of a command, or whoever else holds no lease.
    public static let nobody = StoreClaim(attempt: "0-0", permit: {})
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

/// A place where files are kept, as an operator sees it.
public struct StorageFacts: Sendable, Equatable {
    /// Where it is and how it is reached, in one line.
    public let place: String
    /// How an upload is checked when it has arrived.
    public let verification: String
    /// Nil where it does not say.
    public let freeBytes: Int64?

    public init(place: String, verification: String, freeBytes: Int64?) {
        self.place = place
        self.verification = verification
        self.freeBytes = freeBytes
    }
}
