import Execution
import Failures
import Foundation
import Logging
import SFTP
import Settings
import Synchronization

extension SFTPStorage {
    public func store(
        _ local: String, as path: StoragePath, claim: StoreClaim, progress: @escaping TransferReport
    ) async throws {
        let upload = try Upload(path: path, claim: claim)
        do {
            try await explaining("store", path) {
                let source = try LocalFile(local)
                let digest = try await self.send(source, upload, progress)
                guard source.isUnchanged else { throw TransferError.sourceChanged }
                try await self.publish(upload, source.bytes, digest)
            }
        } catch {
            await clearAway(upload, after: error)
            throw error
        }
    }

    /// One file on its way.
    struct Upload: Sendable {
        /// All that is not whole is in one folder, so that what a killed worker left behind is found again.
        static let folder = "incoming"
        let path: StoragePath
        let temporary: StoragePath
        let claim: StoreClaim

        init(path: StoragePath, claim: StoreClaim) throws {
            self.path = path
            self.claim = claim
            temporary = try StoragePath(
                "\(Self.folder)/\(claim.attempt)-\(UUID().uuidString.prefix(8))_\(path.shortName)")
        }
    }

    /// Makes the temporary file. A transfer of an hour should not fail in its last minute for want of room, or of a
    /// folder.
    /// - Returns: the round trip to the server.
    private func prepare(_ upload: Upload, _ bytes: Int64) async throws -> Duration {
        try await call("store", upload.path, on: transfers) { session, _ in
            try self.makeFolders(upload.temporary.parent, session)
            try self.makeFolders(upload.path.parent, session)
            if bytes > 1 << 20, let free = try session.freeBytes(at: self.absolute(nil)), free < bytes {
                throw Failure.storageFull("store", upload.path, "\(bytes) bytes to store, \(free) bytes free")
            }
            try session.create(self.absolute(upload.temporary))
            return session.roundTrip
        }
    }

    /// Brings all bytes to the temporary file, and compares them with what has arrived.
    /// - Returns: their SHA-256.
    private func send(_ source: LocalFile, _ upload: Upload, _ progress: @escaping TransferReport) async throws
        -> String
    {
        let total = source.bytes
        let isHashedThere = try await isHashedByServer(total)
        let isComparing = verification != .size && !isHashedThere
        let supply = PieceSupply(total: total) { progress(TransferProgress(doneBytes: $0, totalBytes: total)) }
        let place = absolute(upload.temporary)
        let digest = FileDigest(source)
        async let hashed: Void = Interruption.onCancel { try await digest.extend(to: total, $0) }
        let roundTrip = try await prepare(upload, total)
        if total == 0 { progress(TransferProgress(doneBytes: 0, totalBytes: 0)) }
        try await transfer(supply, roundTrip: roundTrip) { session, mayGoOn in
            try session.withFile(place, [.read, .write]) { file in
                try session.upload(supply, from: source.descriptor, to: file, comparing: isComparing, mayGoOn: mayGoOn)
            }
        }
        try await hashed
        let value = await digest.value()
        if isHashedThere, try await serversHash(of: upload.temporary) != value { throw TransferError.cameBackDifferent }
        return value
    }

    /// Flushes the whole file, and gives it its name.
    private func publish(_ upload: Upload, _ bytes: Int64, _ digest: String) async throws {
        let (temporary, final) = (absolute(upload.temporary), absolute(upload.path))
        let written = try await call("store", upload.path, on: transfers) { session, _ in
            try session.withFile(temporary, [.read, .write]) { file in
                try session.flush(file)
                return try session.attributes(of: file)
            }
        }
        guard written.bytes == bytes else { throw TransferError.cameBackDifferent }
        try await call("store", upload.path, on: transfers) { session, _ in
            // The renaming was done, and its answer lost with the connection.
            if try session.attributes(at: temporary) == nil, try session.attributes(at: final) == written { return }
            try upload.claim.permit()
            try self.putAside(upload.path, session, mayLink: true)
            // That may have taken its time.
            try upload.claim.permit()
            try session.rename(temporary, to: final)
        }
        await remember(RecordedChecksum(digest: digest, path: upload.path, written))
        await sweep(at: written.modified)
    }

    /// Half a file is of no use to anybody. Where the connection is gone, a later sweep takes it away.
    private func clearAway(_ upload: Upload, after error: any Error) async {
        let removal = Task.detached {
            _ = try await self.call("remove", upload.temporary) { session, place in
                try self.ignoringMissing { try session.remove(place) }
            }
        }
        // Whoever cancels does not want to wait.
        guard !(error is CancellationError), !Failure(error).isConnectionLoss else { return }
        _ = await removal.result
    }

    /// Removes, once an hour, what uploads have left behind that nobody goes on with.
    /// - Parameter serverTime: by the server's clock, in seconds since 1970; nil: no sweep.
    private func sweep(at serverTime: UInt32?) async {
        let isDue = lastSweep.withLock { last in
            if let last, last + .seconds(3600) > .now { return false }
            last = .now
            return true
        }
        guard isDue, let serverTime else { return }
        do {
            try await call("clear", nil) { session, _ in
                let folder = "\(self.root)/\(Upload.folder)"
                for (name, attributes) in try session.list(folder) ?? [] {
                    guard let modified = attributes.modified, Int64(modified) + Self.abandonedAfter < Int64(serverTime)
                    else { continue }
                    // One that resists does not keep the others.
                    do { try session.remove("\(folder)/\(name)") } catch is SFTPStatus { continue }
                }
            }
        } catch {
            logger.warning("left-over uploads could not be removed", metadata: ["error": "\(error)"])
        }
    }

    /// In seconds. An upload that lives has written within this: its longest silence is the server's SHA-256, 6 h.
    private static let abandonedAfter: Int64 = 24 * 3600
}
