import Failures
import Foundation
import Storage
import Synchronization
import Testing

@testable import Worker

/// No file takes its final name while it is not known whose the row is.
@Suite struct LeaseTrustTests {
    private let path = try? StoragePath("archive/1_ortho.tif")

    private func withStorage(
        _ trust: LeaseTrust, confirm: @escaping @Sendable () async throws -> Void,
        _ body: (_ leased: LeasedStorage, _ file: String) async throws -> Void
    ) async throws {
        let folder = NSTemporaryDirectory() + "deadtrees-lease-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }  // A leftover in /tmp fails no test.
        try Data("pixels".utf8).write(to: URL(fileURLWithPath: "\(folder)/file"))
        let base = LocalStorage(root: "\(folder)/storage")
        try await body(LeasedStorage(base: base, trust: trust, attempt: "7-2", confirm: confirm), "\(folder)/file")
    }

    @Test func aLeaseThatHoldsStoresWithoutAsking() async throws {
        let path = try #require(path)
        let trust = LeaseTrust(until: .now + .seconds(90))
        try await withStorage(trust, confirm: { Issue.record("asked") }) { storage, file in
            try await storage.store(file, as: path) { _ in }
            #expect(try await storage.stat(path)?.bytes == 6)
        }
    }

    @Test func aLostLeaseStoresNothing() async throws {
        let path = try #require(path)
        let trust = LeaseTrust(until: .now - .seconds(1))
        try await withStorage(trust, confirm: { throw Failure("lease_lost", "gone") }) { storage, file in
            let failure = await #expect(throws: Failure.self) { try await storage.store(file, as: path) { _ in } }
            #expect(failure?.code == "lease_lost")
            let stored = try await storage.stat(path)
            #expect(stored == nil)
        }
    }

    @Test func aLeaseThatLapsesOnTheWayIsConfirmedBeforeTheFileGetsItsName() async throws {
        let path = try #require(path)
        let trust = LeaseTrust(until: .now + .seconds(90))
        let confirm = { @Sendable in trust.extend(to: .now + .seconds(90)) }
        try await withStorage(trust, confirm: confirm) { storage, file in
            // As when the process is suspended in the middle of the copy: once.
            let lapse = Lapse(trust)
            try await storage.store(file, as: path) { _ in lapse.once() }
            #expect(try await storage.stat(path)?.bytes == 6)
            #expect(lapse.times > 0)
        }
    }

    @Test func aLeaseThatIsLostOnTheWayLeavesNoFile() async throws {
        let path = try #require(path)
        let trust = LeaseTrust(until: .now + .seconds(90))
        try await withStorage(trust, confirm: { throw Failure("lease_lost", "gone") }) { storage, file in
            let lapse = Lapse(trust)
            await #expect(throws: Failure.self) { try await storage.store(file, as: path) { _ in lapse.once() } }
            let stored = try await storage.stat(path)
            #expect(stored == nil)
        }
    }
}

/// Ends a lease's trust on the first call.
private final class Lapse: Sendable {
    private let trust: LeaseTrust
    private let calls = Mutex(0)

    init(_ trust: LeaseTrust) { self.trust = trust }

    var times: Int { calls.withLock { $0 } }

    func once() {
        let call = calls.withLock { calls in
            calls += 1
            return calls
        }
        if call == 1 { trust.revoke() }
    }
}
