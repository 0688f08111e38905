import Failures
import Foundation
import SFTP
import Storage
import Synchronization
import TestSupport
import Testing

/// What goes wrong between here and the server: each ends with a sentence or as if nothing had been, never with half a
/// file under its name.
@Suite(.enabled(if: PrivateSSHServer.whyNot == nil, Comment(rawValue: PrivateSSHServer.whyNot ?? "")), .serialized)
struct SSHFaultTests {
    private static let size = 36 << 20

    /// Does something once, when half of a transfer is done.
    private func halfway(_ body: @escaping @Sendable () -> Void) -> TransferReport {
        let isDone = Atomic(false)
        return { progress in
            guard progress.share >= 0.5, !isDone.exchange(true, ordering: .relaxed) else { return }
            body()
        }
    }

    @Test func anUploadGoesOnAfterItsServerWasKilledAndCameBack() async throws {
        try await SSHSite.with { site in
            let file = try site.file(Self.size)
            let values = Mutex<[Double]>([])
            let kill = halfway {
                site.server.kill()
                Task { try await site.server.start() }
            }
            try await site.storage().store(file, as: path("archive/1_ortho.tif")) { progress in
                values.withLock { $0.append(progress.share) }
                kill(progress)
            }
            #expect(site.isSame(file, site.stored("archive/1_ortho.tif")))
            // Not from the start again.
            #expect(values.withLock { $0 == $0.sorted() && $0.last == 1 })
            #expect(site.leftovers().isEmpty)
        }
    }

    @Test func aDownloadGoesOnAfterItsServerWasKilledAndCameBack() async throws {
        try await SSHSite.with { site in
            let (file, back) = (try site.file(Self.size), "\(site.local)/back")
            let storage = try site.storage()
            try await storage.store(file, as: path("archive/1_ortho.tif")) { _ in }
            try await storage.fetch(
                path("archive/1_ortho.tif"), to: back,
                progress: halfway {
                    site.server.kill()
                    Task { try await site.server.start() }
                })
            #expect(site.isSame(file, back))
            #expect(try site.localParts().isEmpty)
        }
    }

    @Test func aServerThatStaysAwayIsWorthARetryAndItsHalfFilesGoLater() async throws {
        try await SSHSite.with { site in
            let file = try site.file(Self.size)
            let storage = try site.storage()
            let failure = try await failure {
                try await storage.store(file, as: path("archive/1_ortho.tif"), progress: halfway { site.server.kill() })
            }
            #expect(failure.code == "storage_unreachable" && failure.retry == .withoutBlame)
            #expect(!FileManager.default.fileExists(atPath: site.stored("archive/1_ortho.tif")))
            let left = try #require(site.leftovers().first)
            #expect(left.hasPrefix("0-0-") && left.hasSuffix("_1_ortho.tif"))
            // Whoever stores something a day later takes it away.
            let yesterday = Date(timeIntervalSinceNow: -25 * 3600)
            try FileManager.default.setAttributes(
                [.modificationDate: yesterday], ofItemAtPath: site.stored("incoming/\(left)"))
            try await site.server.start()
            try await storage.store(file, as: path("archive/1_ortho.tif")) { _ in }
            #expect(site.leftovers().isEmpty && site.isSame(file, site.stored("archive/1_ortho.tif")))
        }
    }

    /// And sends nothing again but what was under way.
    @Test(arguments: [1, 100_000, 3_000_000, 20_000_000])
    func whereverItIsCutItGoesOn(_ bytes: Int) async throws {
        try await SSHSite.withProxy { site, proxy in
            let (file, back) = (try site.file(Self.size), "\(site.local)/back")
            let storage = try site.storage()
            proxy.become(.cutAfter(bytes))
            try await storage.store(file, as: path("archive/1_ortho.tif")) { _ in }
            #expect(site.isSame(file, site.stored("archive/1_ortho.tif")))
            // Each byte goes there and is read back; on each of two or three connections some 1 MiB was under way.
            let sent = proxy.forwarded
            #expect(sent < 2 * Self.size + (12 << 20), "\(sent)")
            proxy.become(.cutAfter(bytes))
            try await storage.fetch(path("archive/1_ortho.tif"), to: back) { _ in }
            #expect(site.isSame(file, back))
            #expect(proxy.forwarded - sent < Self.size + (8 << 20), "\(proxy.forwarded - sent)")
            #expect(try site.leftovers().isEmpty && site.localParts().isEmpty)
        }
    }

    /// Both directions, a question, and a login, at once: each waits out its patience.
    @Test func aBlackHoleEndsWithinThirtySeconds() async throws {
        try await SSHSite.withProxy { site, proxy in
            let file = try site.file(Self.size)
            let (up, down, idle) = (try site.storage(), try site.storage(), try site.storage())
            try await up.store(file, as: path("archive/1_ortho.tif")) { _ in }
            #expect(try await idle.stat(path("archive")) != nil)
            let start = ContinuousClock.now
            let calls: [@Sendable () async throws -> Void] = [
                { try await up.store(file, as: path("archive/2.tif"), progress: halfway { proxy.become(.blackHole) }) },
                {
                    try await down.fetch(
                        path("archive/1_ortho.tif"), to: "\(site.local)/back",
                        progress: halfway { proxy.become(.blackHole) })
                },
                {
                    try await waitUntil("the hole is there") { proxy.isBlackHole }
                    _ = try await idle.stat(path("archive"))
                },
            ]
            // Several that have to log in, and wait for each other.
            let late = try site.storage()
            let others = (0..<6).map { number -> @Sendable () async throws -> Void in
                {
                    try await waitUntil("the hole is there") { proxy.isBlackHole }
                    _ = try await late.stat(path("archive/\(number)"))
                }
            }
            try await withThrowingTaskGroup(of: Failure.self) { group in
                for call in calls + others { group.addTask { try await failure(of: call) } }
                for try await failure in group {
                    #expect(failure.code == "storage_unreachable" && failure.retry == .withoutBlame, "\(failure)")
                }
            }
            #expect(ContinuousClock.now - start < .seconds(32))
            #expect(try site.localParts().isEmpty)
        }
    }

    /// A part of a packet is on its way, and answers lie unread: neither may keep the wait from ending.
    @Test func aServerThatIsFrozenIsGone() async throws {
        try await SSHSite.with { site in
            let file = try site.file(Self.size)
            let start = ContinuousClock.now
            let failure = try await failure {
                try await site.storage().store(
                    file, as: path("archive/1_ortho.tif"), progress: halfway { site.server.freeze() })
            }
            #expect(failure.code == "storage_unreachable" && failure.retry == .withoutBlame)
            #expect(ContinuousClock.now - start < .seconds(32))
        }
    }

    @Test func cancelingStopsATransferWithinASecond() async throws {
        try await SSHSite.withProxy { site, proxy in
            let file = try site.file(Self.size)
            let storage = try site.storage()
            try await storage.store(file, as: path("archive/1_ortho.tif")) { _ in }
            for isHole in [false, true] {
                proxy.become(.forward)
                let (started, start) = AsyncStream.makeStream(of: Void.self)
                let begun = halfway {
                    proxy.become(isHole ? .blackHole : .delay(.milliseconds(50)))
                    start.finish()
                }
                let transfers = [
                    Task { try await storage.store(file, as: path("archive/2.tif"), progress: begun) },
                    Task {
                        try await storage.fetch(path("archive/1_ortho.tif"), to: "\(site.local)/b", progress: begun)
                    },
                ]
                for await _ in started {}
                let asked = ContinuousClock.now
                for transfer in transfers { transfer.cancel() }
                for transfer in transfers { await #expect(throws: CancellationError.self) { try await transfer.value } }
                #expect(ContinuousClock.now - asked < .seconds(1))
                #expect(!FileManager.default.fileExists(atPath: site.stored("archive/2.tif")))
                #expect(try site.localParts().isEmpty)
                proxy.become(.forward)
            }
        }
    }

    /// A server that has dropped what was idle is asked again on a new connection, and nobody notices.
    @Test func aConnectionThatWasDroppedWhileItWasIdleIsOpenedAgain() async throws {
        try await SSHSite.with { site in
            let storage = try site.storage()
            let file = try site.file(1000)
            for round in 0..<5 {
                try await storage.store(file, as: path("archive/\(round)_ortho.tif")) { _ in }
                site.server.killSessions()
            }
            #expect(try await storage.list(path("archive")).count == 5)
        }
    }

    @Test func failingTransfersLeaveNoDescriptorOpen() async throws {
        try await SSHSite.with { site in
            let file = try site.file(1000)
            let storage = try site.storage()
            try await storage.store(file, as: path("archive/1_ortho.tif")) { _ in }
            await storage.close()
            let before = try openDescriptors()
            for round in 0..<20 {
                try site.server.letIn(round.isMultiple(of: 2) ? "host_ecdsa" : "id_ed25519")
                let other = try site.storage()
                // It cannot: that is the point.
                _ = try? await other.fetch(path("archive/absent"), to: "\(site.local)/back") { _ in }
                await other.close()
            }
            #expect(try openDescriptors() <= before + 2)
        }
    }

    private func openDescriptors() throws -> Int {
        try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").count
    }
}
