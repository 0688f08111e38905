import Execution
import Failures
import Foundation
import Logging
import SFTP
import Synchronization

/// How everything is asked of the server.
extension SFTPStorage {
    /// Runs a short exchange, again on a new connection where one breaks. It may have taken effect before it did.
    /// - Parameters:
    ///   - operation: for the sentence: "could not {operation} {path}: …".
    ///   - path: nil for the storage folder itself.
    ///   - pool: `transfers` for what belongs to one, so that it need not log in twice.
    func call<Answer: Sendable>(
        _ operation: String, _ path: StoragePath?, on pool: SFTPPool? = nil,
        _ body: @escaping @Sendable (_ session: SFTPSession, _ place: String) throws -> Answer
    ) async throws -> Answer {
        let place = absolute(path)
        return try await explaining(operation, path) {
            try await self.persisting(on: pool ?? self.calls) { try body($0, place) }
        }
    }

    /// Repeats what a lost connection broke off, as long as ``Patience`` lasts.
    /// - Parameter lastProgress: when something was moved last; nil before the first.
    func persisting<Answer: Sendable>(
        on pool: SFTPPool, lastProgress: @escaping @Sendable () -> ContinuousClock.Instant? = { nil },
        _ body: @escaping @Sendable (SFTPSession) throws -> Answer
    ) async throws -> Answer {
        var patience = Patience()
        var backoff = Backoff(first: .milliseconds(100), limit: .seconds(2))
        while true {
            let begun = Mutex<ContinuousClock.Instant?>(nil)
            do {
                return try await Interruption.onCancel { interruption in
                    try await pool.lend(interruption) { connection in
                        begun.withLock { $0 = .now }
                        return try await connection.perform(interruption, body)
                    }
                }
            } catch let failure as Failure where failure.isConnectionLoss {
                try Task.checkCancellation()
                let isWorthIt = patience.lasts(begun: begun.withLock { $0 }, moved: lastProgress())
                guard isWorthIt else { throw failure }
                logger.debug("the connection to storage is opened again", metadata: ["error": "\(failure)"])
                try await Task.sleep(for: backoff.next())
            }
        }
    }

    /// Says what happened in words that name the file.
    func explaining<Answer>(
        _ operation: String, _ path: StoragePath?, _ body: () async throws -> Answer
    ) async throws -> Answer {
        do {
            return try await body()
        } catch let status as SFTPStatus {
            throw await explain(status, operation, path)
        } catch let error as TransferError {
            throw Failure.transfer(operation, path, error)
        }
    }

    /// OpenSSH says "Failure" of a full disk, as of everything else: so the disk is asked.
    private func explain(_ status: SFTPStatus, _ operation: String, _ path: StoragePath?) async -> Failure {
        guard status.code == .failure else { return .storage(operation, path, status) }
        let free = try? await Interruption.onCancel { interruption in  // then it stays what it was called
            try await self.calls.lend(interruption) { connection in
                try await connection.perform(interruption) { try $0.freeBytes(at: self.absolute(nil)) }
            }
        }
        guard let free = free ?? nil, free < Self.almostNothing else { return .storage(operation, path, status) }
        return .storageFull(operation, path, "\(free) bytes free, \(status)")
    }

    /// A piece of an upload and a few blocks find no room in less, in bytes.
    private static let almostNothing: Int64 = 1 << 20

    func ignoringMissing(_ body: () throws -> Void) throws {
        do { try body() } catch let status as SFTPStatus where status.code == .noSuchFile {}
    }

    // MARK: Folders

    /// Makes the folder and those above it; nil is the storage root.
    func makeFolders(_ folder: StoragePath?, _ session: SFTPSession) throws {
        let place = absolute(folder)
        guard try session.attributes(at: place) == nil else { return }
        try makeFolder(place, session)
    }

    private func makeFolder(_ place: String, _ session: SFTPSession) throws {
        do {
            try session.makeFolder(place)
        } catch let status as SFTPStatus where status.code == .noSuchFile && place.count > 1 {
            try makeFolder((place as NSString).deletingLastPathComponent, session)
            try makeFolder(place, session)
        } catch let status as SFTPStatus where status.code == .failure {
            // Another may have been faster.
            guard try session.attributes(at: place)?.isFolder == true else { throw status }
        }
    }

    /// Puts what has that name into `trash/`.
    /// - Parameter mayLink: whether it may keep its name, too, until the next takes it: then there is no moment in which
    ///   nothing has it.
    func putAside(_ path: StoragePath, _ session: SFTPSession, mayLink: Bool) throws {
        guard let old = try session.attributes(at: absolute(path)) else { return }
        let trash = try path.inTrash()
        try makeFolders(trash.parent, session)
        if mayLink, old.isFile, session.canReplace {
            do {
                if try session.link(absolute(path), to: absolute(trash)) { return }
            } catch is SFTPStatus {
                // No hard links here, or not to the file of another owner: there is a moment, then.
            }
        }
        // Another store or discard of the same name may have been faster.
        try ignoringMissing { try session.rename(absolute(path), to: absolute(trash)) }
    }
}
