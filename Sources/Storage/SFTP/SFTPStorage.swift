import Execution
import Failures
public import Foundation
public import Logging
public import SFTP
public import Settings
import Synchronization

/// Storage on another host, over SSH.
///
/// A connection that breaks is opened again, and what was going on goes on from where it was, for as long as
/// ``Patience`` lasts; then the call ends with `storage_unreachable`.
public final class SFTPStorage: Storage {
    let server: ServerAddress
    let root: String
    let logger: Logger
    let transfers: SFTPPool
    /// One connection more, so that a log's few lines need not wait for somebody's gigabytes.
    let calls: SFTPPool
    let verification: StorageSettings.Verification
    let blocking = BlockingWork(label: "deadtrees.storage")
    let knownToHash = Mutex<Bool?>(nil)
    let lastSweep = Mutex<ContinuousClock.Instant?>(nil)
    public let width: Int

    /// Reads the key and the known hosts, and connects to nothing yet.
    /// - Parameters:
    ///   - folder: the storage root on the server, absolute.
    ///   - sessions: how many connections transfer files at a time; one more is for everything else.
    /// - Throws: `Failure` where login could never work: `storage_key_unusable`, `storage_host_unknown`.
    public init(
        _ server: ServerAddress, folder: String, sessions: Int = 4, verification: StorageSettings.Verification = .auto,
        logger: Logger
    ) throws {
        try server.check()
        self.server = server
        root = folder == "/" ? "" : folder
        width = sessions
        self.verification = verification
        self.logger = logger
        transfers = SFTPPool(server, size: sessions)
        calls = SFTPPool(server, size: 1)
    }

    /// The storage that the settings name.
    /// - Throws: as the other initialiser.
    public convenience init(
        _ address: StorageSettings.SFTPAddress, _ settings: StorageSettings, logger: Logger
    ) throws {
        let server = ServerAddress(
            user: address.user, host: address.host, port: address.port, keyFile: settings.sshKey,
            passphrase: settings.passphrase?.reveal(), knownHostsFile: settings.knownHosts)
        try self.init(
            server, folder: address.folder, sessions: settings.sessions, verification: settings.verification,
            logger: logger)
    }

    public func write(_ bytes: Data, at offset: Int64, of path: StoragePath) async throws {
        try await call("write to", path) { session, place in
            let before = try session.attributes(at: place)
            guard before?.isFile ?? true else { throw Failure.notStored(path) }
            if before == nil { try self.makeFolders(path.parent, session) }
            try session.withFile(place, [.write, .create]) { try session.write(bytes, to: $0, at: offset) }
        }
    }

    public func read(_ path: StoragePath, from offset: Int64, atMost count: Int) async throws -> Data {
        try await call("read", path) { session, place in
            guard try session.attributes(at: place)?.isFile == true else { throw Failure.notStored(path) }
            return try session.withFile(place, .read) { try session.read($0, from: offset, atMost: count) }
        }
    }

    public func stat(_ path: StoragePath) async throws -> StoredFile? {
        try await call("look at", path) { session, place in
            try session.attributes(at: place).flatMap { StoredFile(path, $0) }
        }
    }

    public func list(_ folder: StoragePath) async throws -> [StoredFile] {
        try await call("list", folder) { session, place in
            guard try session.attributes(at: place)?.isFolder == true else { return [] }
            return try (session.list(place) ?? []).filter { !WholeFile.isTemporary($0.name) }
                .sorted { $0.name < $1.name }
                .compactMap { StoredFile(try folder.appending($0.name), $0.attributes) }
        }
    }

    public func discard(_ path: StoragePath) async throws {
        try await call("put aside", path) { session, place in
            try self.putAside(path, session, mayLink: false)
            try self.forgetChecksum(of: path, session)
        }
    }

    public func remove(_ path: StoragePath) async throws {
        try await call("remove", path) { session, place in
            try self.ignoringMissing { try session.remove(place) }
            try self.forgetChecksum(of: path, session)
        }
    }

    public func rename(_ path: StoragePath, to new: StoragePath) async throws {
        try await call("rename", path) { session, place in
            guard try session.attributes(at: place) != nil else { throw Failure.notStored(path) }
            try self.makeFolders(new.parent, session)
            try self.putAside(new, session, mayLink: true)
            try session.rename(place, to: self.absolute(new))
            for name in [path, new] { try self.forgetChecksum(of: name, session) }
        }
    }

    public func makeDirectories(_ folder: StoragePath) async throws {
        try await call("make the folder", folder) { session, _ in try self.makeFolders(folder, session) }
    }

    public func facts() async throws -> StorageFacts {
        let hash = try await serverCanHash()
        let (description, free) = try await call("reach", nil) { session, place in
            try self.makeFolders(nil, session)
            return (session.description, try session.freeBytes(at: place))
        }
        let method =
            switch verification {
            case .auto where hash: "uploads are compared by the server's own SHA-256"
            case .auto, .readBack: "uploads are compared by reading them back"
            case .size: "uploads are compared by size only"
            }
        return StorageFacts(
            place: "\(server.user)@\(server.host):\(server.port)\(root), \(description)", verification: method,
            freeBytes: free)
    }

    /// Lets go of connections that nobody uses.
    public func close() async {
        await transfers.close()
        await calls.close()
    }

    func absolute(_ path: StoragePath?) -> String { path.map { "\(root)/\($0.text)" } ?? (root.isEmpty ? "/" : root) }
}

extension StoredFile {
    /// Nil for what is neither file nor folder: a link could lead out of the storage folder.
    init?(_ path: StoragePath, _ attributes: FileAttributes) {
        guard attributes.isFile || attributes.isFolder else { return nil }
        self.init(path: path, bytes: attributes.bytes ?? 0, isFolder: attributes.isFolder)
    }
}
