import Failures
import Foundation
import Testing

@testable import Containers

/// What happens when the engine is away, hangs, or hangs up. No engine is needed.
@Suite struct EngineFaultTests {
    @Test func saysThatTheEngineCannotBeReached() async throws {
        let engine = try DockerEngine(host: "unix:///tmp/deadtrees-no-such.sock")
        let failure = try await failure { _ = try await engine.info() }
        #expect(failure.code == "docker_unreachable")
        #expect(failure.retry == .later)
        #expect(!failure.sentence.contains("/tmp"))
        #expect(failure.detail?.contains("/tmp/deadtrees-no-such.sock") == true)
    }

    @Test(.timeLimit(.minutes(1))) func givesUpOnAnEngineThatNeverAnswers() async throws {
        let proxy = try SocketProxy(upstream: "", mode: .silent)
        defer { proxy.close() }
        let engine = try DockerEngine(host: proxy.host, limit: .milliseconds(500))
        let failure = try await failure { _ = try await engine.inspect("some") }
        #expect(failure.code == "docker_unreachable")
    }

    @Test func givesUpOnAnEngineThatHangsUp() async throws {
        let proxy = try SocketProxy(upstream: "", mode: .refuse)
        defer { proxy.close() }
        let engine = try DockerEngine(host: proxy.host)
        #expect(try await failure { _ = try await engine.info() }.code == "docker_unreachable")
    }

    @Test func cancelsACallThatHangs() async throws {
        let proxy = try SocketProxy(upstream: "", mode: .silent)
        defer { proxy.close() }
        let engine = try DockerEngine(host: proxy.host, limit: .seconds(600))
        let call = Task { try await engine.info() }
        try await eventually("the call is on its way") { proxy.connections == 1 }
        call.cancel()
        await #expect(throws: CancellationError.self) { _ = try await call.value }
        try await eventually("the connection is closed") { proxy.connections == 0 }
    }

    @Test func endsEverythingAtShutdown() async throws {
        let proxy = try SocketProxy(upstream: "", mode: .silent)
        defer { proxy.close() }
        let engine = try DockerEngine(host: proxy.host, limit: .seconds(600))
        let call = Task { try await engine.info() }
        try await eventually("the call is on its way") { proxy.connections == 1 }
        engine.shutdown()
        #expect(try await failure { _ = try await call.value }.code == "docker_closed")
        #expect(try await failure { _ = try await engine.info() }.code == "docker_closed")
    }

    @Test func leavesNoThreadBehind() async throws {
        weak var loop: TransferLoop?
        do {
            let engine = try DockerEngine(host: "unix:///tmp/deadtrees-no-such.sock")
            loop = engine.loop
            _ = try await failure { _ = try await engine.info() }
        }
        try await eventually("the thread has let go of its loop") { loop == nil }
    }

    @Test func leaksNoDescriptorsWhenCallsFail() async throws {
        let engine = try DockerEngine(host: "unix:///tmp/deadtrees-no-such.sock")
        for _ in 0..<1000 {
            #expect(try await failure { _ = try await engine.info() }.code == "docker_unreachable")
        }
        // Other tests hold some at the same time, but nowhere near a thousand.
        #expect(try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").count < 700)
    }

    @Test func tellsCurlToWaitForASlowReader() async throws {
        let request = HTTPRequest(
            endpoint: try Endpoint("unix:///tmp/none.sock"), method: .get, path: "/", body: [], limit: nil,
            purpose: "test")
        let transfer = Transfer(request)
        let piece = [UInt8](repeating: 1, count: 1 << 16)
        var taken = 0
        while piece.withUnsafeBytes({ transfer.receive($0, status: 200) }) { taken += piece.count }
        #expect(taken == Transfer.highWater)
        let bytes = try await withCheckedThrowingContinuation { reader in
            let hasToResume = transfer.read(reader)
            #expect(hasToResume)
        }
        #expect(bytes?.count == taken)
        #expect(piece.withUnsafeBytes { transfer.receive($0, status: 200) })
    }
}
