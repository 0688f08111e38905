import Execution
import Failures
import Foundation
import Logging
import SFTP
import Settings
import Synchronization

extension SFTPStorage {
    /// A file is worth one more connection for each so many bytes.
    private static let worthAConnection: Int64 = 16 << 20
    /// From here on the server is far: a connection then waits more than it works.
    private static let far = Duration.milliseconds(5)

    /// Has several connections transfer one file together, until it is whole.
    ///
    /// One of them is waited for, and its errors count; the others help while nobody else wants their connection.
    /// - Parameters:
    ///   - roundTrip: to the server and back.
    ///   - part: what one session does with the supply.
    func transfer(
        _ supply: PieceSupply, roundTrip: Duration,
        _ part: @escaping @Sendable (SFTPSession, @Sendable () -> Bool) throws -> Void
    ) async throws {
        // Near by, a connection keeps a core busy, here and there.
        let most = roundTrip > Self.far ? width : min(width, max(2, ProcessInfo.processInfo.activeProcessorCount))
        let helpers = Int(min(Int64(most - 1), supply.total / Self.worthAConnection))
        repeat {
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<helpers { group.addTask { try await self.help(supply, part) } }
                try await self.lead(supply, part)
                try await group.waitForAll()
            }
        } while !supply.isFinished
    }

    private func lead(
        _ supply: PieceSupply, _ part: @escaping @Sendable (SFTPSession, @Sendable () -> Bool) throws -> Void
    ) async throws {
        try await persisting(on: transfers, lastProgress: { supply.lastProgress }) { try part($0, { true }) }
    }

    /// What it cannot do is left to the one that leads; what it finds wrong with the file is wrong for both.
    private func help(
        _ supply: PieceSupply, _ part: @escaping @Sendable (SFTPSession, @Sendable () -> Bool) throws -> Void
    ) async throws {
        do {
            _ = try await Interruption.onCancel { interruption in
                try await self.transfers.lendIfFree(interruption) { connection in
                    try await connection.perform(interruption) { session in
                        try part(session) { !self.transfers.isWanted }
                    }
                }
            }
        } catch let error where !(error is TransferError || error is CancellationError) {
            logger.debug("a connection that helped is gone", metadata: ["error": "\(error)"])
        }
    }

    /// Whether the server computes SHA-256 for us. Asked once; one that does not get done with it is asked again.
    func serverCanHash() async throws -> Bool {
        guard verification == .auto else { return false }
        if let known = knownToHash.withLock({ $0 }) { return known }
        let answer: String?
        do {
            answer = try await call("reach", nil, on: transfers) { session, _ in
                try session.serversHash(of: "/dev/null", within: .seconds(10))
            }
        } catch let failure as Failure where failure.code == "storage_stuck" {
            return false
        }
        let isRight = answer == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
        knownToHash.withLock { $0 = isRight }
        return isRight
    }

    /// Whether the server computes the SHA-256 of a file of so many bytes.
    func isHashedByServer(_ bytes: Int64) async throws -> Bool {
        guard bytes >= Self.worthACommand else { return false }
        return try await serverCanHash()
    }

    /// Less than this, in bytes, is transferred sooner than a command is started: sshd has the user's shell do that.
    private static let worthACommand: Int64 = 8 << 20

    func serversHash(of path: StoragePath) async throws -> String {
        let place = absolute(path)
        let answer = try await persisting(on: transfers) { try $0.serversHash(of: place) }
        if let answer { return answer }
        // It did a moment ago: whether it still does is asked again next time.
        knownToHash.withLock { $0 = nil }
        throw Failure.noHash(path)
    }
}
