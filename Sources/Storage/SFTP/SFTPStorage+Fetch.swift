import Execution
import Failures
import Foundation
import Glibc
import SFTP

extension SFTPStorage {
    public func fetch(_ path: StoragePath, to local: String, progress: @escaping TransferReport) async throws {
        let part = "\(local).part-\(UUID().uuidString.prefix(8))"
        do {
            try await explaining("fetch", path) {
                let known = try await self.find(path)
                let target = try LocalFile(part, isNew: true)
                try await self.receive(known, into: target, progress)
                try await self.blocking.run { try target.flush() }
                guard Glibc.rename(part, local) == 0 else { throw TransferError.local(errno) }
            }
        } catch {
            unlink(part)
            throw error
        }
    }

    /// A file of the server before its first byte is read.
    private struct Source: Sendable {
        let path: StoragePath
        let attributes: FileAttributes
        /// As it was written when the file was stored; nil where it was not, or the file was changed since.
        let recorded: String?
        let roundTrip: Duration
        var bytes: Int64 { attributes.bytes ?? 0 }
    }

    private func find(_ path: StoragePath) async throws -> Source {
        try await call("fetch", path, on: transfers) { session, place in
            guard let attributes = try session.attributes(at: place), attributes.isFile else {
                throw Failure.notStored(path)
            }
            let recorded = try self.recordedChecksum(of: path, attributes, session)
            return Source(path: path, attributes: attributes, recorded: recorded, roundTrip: session.roundTrip)
        }
    }

    private func receive(_ source: Source, into target: LocalFile, _ progress: @escaping TransferReport) async throws {
        let total = source.bytes
        let place = absolute(source.path)
        let supply = PieceSupply(total: total) { progress(TransferProgress(doneBytes: $0, totalBytes: total)) }
        let isHashedThere = source.recorded == nil ? try await isHashedByServer(total) : false
        let isCompared = source.recorded != nil || isHashedThere
        let digest = FileDigest(target)
        async let hashed: Void = Interruption.onCancel { interruption in
            guard isCompared else { return }
            for await end in supply.frontier { try await digest.extend(to: end, interruption) }
            try await digest.extend(to: total, interruption)
        }
        if total == 0 { progress(TransferProgress(doneBytes: 0, totalBytes: 0)) }
        try await transfer(supply, roundTrip: source.roundTrip) { session, mayGoOn in
            try session.withFile(place, .read) { file in
                guard try session.attributes(of: file) == source.attributes else { throw TransferError.sourceChanged }
                try session.download(supply, from: file, to: target.descriptor, mayGoOn: mayGoOn)
                guard try session.attributes(of: file) == source.attributes else { throw TransferError.sourceChanged }
            }
        }
        try await hashed
        guard isCompared else { return }
        let value = await digest.value()
        guard try await expected(source) == value else { throw TransferError.cameBackDifferent }
    }

    private func expected(_ source: Source) async throws -> String {
        if let recorded = source.recorded { return recorded }
        return try await serversHash(of: source.path)
    }
}
