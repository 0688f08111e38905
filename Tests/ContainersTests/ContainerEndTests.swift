import Containers
import Failures
import Testing

@Suite(EngineUnderTest.isThere) struct ContainerEndTests {
    private static let deaf = "trap '' TERM; echo ready; while :; do sleep 1; done"

    private func waitUntilReady(_ id: String, on engine: DockerEngine) async throws {
        for try await line in engine.logs(id, follow: true) where line.text == "ready" { return }
        Issue.record("the container ended before it was ready")
    }

    @Test func killsAContainerThatDoesNotListen() async throws {
        let engine = try await EngineUnderTest.engine()
        try await withContainer(.shell(Self.deaf), on: engine) { id in
            try await waitUntilReady(id, on: engine)
            try await engine.end(id, grace: .seconds(1))
            let state = try #require(try await engine.inspect(id)).state
            #expect(state.hasEnded)
            #expect(state.exitCode == 137)
            #expect(!state.oomKilled)
        }
    }

    @Test func givesAContainerTheTimeToEndByItself() async throws {
        let engine = try await EngineUnderTest.engine()
        let polite = "trap 'echo bye; exit 5' TERM; echo ready; while :; do sleep 0.1; done"
        try await withContainer(.shell(polite), on: engine) { id in
            try await waitUntilReady(id, on: engine)
            try await engine.end(id, grace: .seconds(20))
            #expect(try await engine.inspect(id)?.state.exitCode == 5)
        }
    }

    @Test func endsTheSameContainerFromManySidesAtOnce() async throws {
        let engine = try await EngineUnderTest.engine()
        try await withContainer(.shell(Self.deaf), on: engine) { id in
            try await waitUntilReady(id, on: engine)
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<8 { group.addTask { try await engine.end(id, grace: .seconds(1)) } }
                try await group.waitForAll()
            }
            #expect(try await engine.inspect(id)?.state.isAlive == false)
        }
    }

    @Test func removesAContainerThatRuns() async throws {
        let engine = try await EngineUnderTest.engine()
        try await withContainer(.shell(Self.deaf), on: engine) { id in
            try await engine.remove(id)
            #expect(try await engine.inspect(id)?.id == nil)
        }
    }

    @Test func noticesTheEndWithoutWaitingForTheNextPoll() async throws {
        let engine = try await EngineUnderTest.engine()
        try await withContainer(.shell("sleep 1"), on: engine) { id in
            let start = ContinuousClock.now
            _ = try await engine.waitUntilExited(id, pollEvery: .seconds(300))
            #expect(ContinuousClock.now - start < .seconds(60))
        }
    }

    @Test func stopsWaitingWhenCancelledAndLeavesTheContainerAlone() async throws {
        let engine = try await EngineUnderTest.engine()
        try await withContainer(.shell("sleep 600"), on: engine) { id in
            let waiting = Task { try await engine.waitUntilExited(id, pollEvery: .seconds(300)) }
            waiting.cancel()
            await #expect(throws: CancellationError.self) { _ = try await waiting.value }
            let details = try await engine.inspect(id)
            #expect(details?.state.status == .running)
        }
    }
}
