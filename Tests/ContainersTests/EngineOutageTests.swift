import Containers
import Failures
import Foundation
import Testing

/// A real engine that goes away in the middle of things.
@Suite(EngineUnderTest.isThere, .enabled(if: EngineUnderTest.host?.hasPrefix("unix://") != false, "not a Unix socket"))
struct EngineOutageTests {
    /// A client that reaches the engine through a proxy.
    private func withProxy(_ body: (SocketProxy, DockerEngine) async throws -> Void) async throws {
        try await EngineUnderTest.tools.value
        let proxy = try SocketProxy(upstream: try #require(EngineUnderTest.host))
        defer { proxy.close() }
        try await body(proxy, try DockerEngine(host: proxy.host))
    }

    @Test func waitsThroughAnOutage() async throws {
        let direct = try await EngineUnderTest.engine()
        try await withProxy { proxy, engine in
            try await withContainer(.shell("sleep 600"), on: direct) { id in
                let waiting = Task { try await engine.waitUntilExited(id, pollEvery: .milliseconds(200)) }
                try await eventually("the wait has begun") { proxy.connections > 0 }
                proxy.become(.refuse)
                try await direct.kill(id)
                _ = try await direct.waitUntilExited(id)
                proxy.become(.forward)
                let state = try await waiting.value
                #expect(state.exitCode == 137)
            }
        }
    }

    @Test func losesPatienceWithAnEngineThatStaysAway() async throws {
        let direct = try await EngineUnderTest.engine()
        try await withProxy { proxy, engine in
            try await withContainer(.shell("sleep 600"), on: direct) { id in
                _ = try await engine.inspect(id)
                proxy.become(.refuse)
                let failure = try await failure {
                    _ = try await engine.waitUntilExited(id, pollEvery: .milliseconds(50), patience: .milliseconds(300))
                }
                #expect(failure.code == "docker_unreachable")
            }
        }
    }

    @Test func endsAContainerAsSoonAsTheEngineIsBack() async throws {
        let direct = try await EngineUnderTest.engine()
        try await withProxy { proxy, engine in
            try await withContainer(.shell("sleep 600"), on: direct) { id in
                proxy.become(.refuse)
                let ending = Task { try await engine.end(id, grace: .seconds(1)) }
                try await eventually("it has been refused twice") { proxy.refusals >= 2 }
                proxy.become(.forward)
                try await ending.value
                let state = try await direct.inspect(id)?.state
                #expect(state?.hasEnded == true)
            }
        }
    }

    @Test func goesOnReadingAfterAnOutage() async throws {
        let direct = try await EngineUnderTest.engine()
        try await withProxy { proxy, engine in
            let script = "i=0; while [ $i -lt 60 ]; do echo $i; i=$((i+1)); sleep 0.05; done; sleep 600"
            try await withContainer(.shell(script), on: direct) { id in
                var texts: [String] = []
                var position: LogPosition?
                let outage = try await failure {
                    for try await line in engine.logs(id, follow: true) {
                        texts.append(line.text)
                        position = line.position
                        if texts.count == 5 { proxy.become(.refuse) }
                    }
                }
                #expect(outage.code == "docker_unreachable")
                proxy.become(.forward)
                while texts.last != "59" {
                    for try await line in engine.logs(id, after: position, follow: false) {
                        texts.append(line.text)
                        position = line.position
                    }
                }
                #expect(texts == (0..<60).map(String.init))
            }
        }
    }

    @Test func closesTheConnectionsOfFollowersThatGiveUp() async throws {
        let direct = try await EngineUnderTest.engine()
        try await withProxy { proxy, engine in
            try await withContainer(.shell("echo ready; sleep 600"), on: direct) { id in
                // Known beforehand, so that no follower asks for it on a connection that curl then keeps.
                _ = try await engine.negotiatedVersion()
                let followers = (0..<20).map { _ in
                    Task { for try await _ in engine.logs(id, follow: true) {} }
                }
                try await eventually("all follow") { proxy.connections >= 20 }
                for follower in followers.prefix(10) { follower.cancel() }
                for follower in followers.prefix(10) {
                    await #expect(throws: CancellationError.self) { try await follower.value }
                }
                // Ten go on; curl keeps finished connections of short calls for later ones.
                for follower in followers { follower.cancel() }
                try await eventually("all connections of followers are closed") { proxy.connections <= 2 }
                for try await _ in engine.logs(id, follow: true) { break }
                try await eventually("so is that of one who stopped reading") { proxy.connections <= 2 }
            }
        }
    }

    @Test func doesNotTakeHalfAnAnswerForAWholeOne() async throws {
        try await withProxy { proxy, engine in
            _ = try await engine.negotiatedVersion()
            proxy.become(.truncate(400))
            let failure = try await failure { _ = try await engine.info() }
            #expect(failure.code == "docker_unreachable")
            #expect(failure.retry == .later)
        }
    }
}
