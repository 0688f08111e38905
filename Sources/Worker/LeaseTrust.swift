import Failures
import Foundation
import Storage
import Synchronization

/// Until when one job may believe that its lease is its own, by this host's monotonic clock: counted from the moment
/// at which the last renewal was asked for, so that it never outlasts what the database granted.
final class LeaseTrust: Sendable {
    private let end: Mutex<ContinuousClock.Instant>

    init(until end: ContinuousClock.Instant) {
        self.end = Mutex(end)
    }

    func extend(to instant: ContinuousClock.Instant) { end.withLock { $0 = max($0, instant) } }

    /// The lease was taken over: nothing is to be believed any more.
    func revoke() { end.withLock { $0 = .now - .seconds(1) } }

    var holds: Bool { end.withLock { $0 > .now } }
}

/// Storage for one job: no file takes its final name unless the job's lease is known to hold at that moment. A worker
/// that was suspended, or cut off from the database, must not write over what another has made since.
struct LeasedStorage: Storage {
    let base: any Storage
    let trust: LeaseTrust
    /// `{queue id}-{attempt}`
    let attempt: String
    /// Asks the database, and returns when the lease is known to hold. Throws when it is lost.
    let confirm: @Sendable () async throws -> Void

    func store(
        _ local: String, as path: StoragePath, claim: StoreClaim, progress: @escaping TransferReport
    ) async throws {
        let claim = StoreClaim(attempt: attempt) {
            guard trust.holds else { throw Lapsed() }
            try claim.permit()
        }
        while true {
            if !trust.holds { try await confirm() }
            do {
                return try await base.store(local, as: path, claim: claim, progress: progress)
            } catch is Lapsed {
                // It ran out while the file was on its way. If it still is ours, the file is sent again.
                continue
            }
        }
    }

    func fetch(_ path: StoragePath, to local: String, progress: @escaping TransferReport) async throws {
        try await base.fetch(path, to: local, progress: progress)
    }

    func write(_ bytes: Data, at offset: Int64, of path: StoragePath) async throws {
        if !trust.holds { try await confirm() }
        try await base.write(bytes, at: offset, of: path)
    }

    func read(_ path: StoragePath, from offset: Int64, atMost count: Int) async throws -> Data {
        try await base.read(path, from: offset, atMost: count)
    }

    func localPath(of path: StoragePath) async throws -> String? { try await base.localPath(of: path) }

    func stat(_ path: StoragePath) async throws -> StoredFile? { try await base.stat(path) }

    func list(_ folder: StoragePath) async throws -> [StoredFile] { try await base.list(folder) }

    func discard(_ path: StoragePath) async throws {
        if !trust.holds { try await confirm() }
        try await base.discard(path)
    }

    func remove(_ path: StoragePath) async throws {
        if !trust.holds { try await confirm() }
        try await base.remove(path)
    }

    func rename(_ path: StoragePath, to new: StoragePath) async throws {
        if !trust.holds { try await confirm() }
        try await base.rename(path, to: new)
    }

    func makeDirectories(_ folder: StoragePath) async throws { try await base.makeDirectories(folder) }

    func facts() async throws -> StorageFacts { try await base.facts() }

    var width: Int { base.width }

    private struct Lapsed: Error {}
}
