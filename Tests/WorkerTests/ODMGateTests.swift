import DB
import Failures
import Logging
import Synchronization
import Tasks
import TestSupport
import Testing

@testable import Worker

@Suite(.enabled(if: TestDatabase.isAvailable, "DATABASE_URL is not set: run the tests through make test"))
struct ODMGateTests {
    /// A host that is as well as it is told to be.
    private final class Host: TaskHandler {
        let type = TaskType.odmProcessing
        let status = DatasetStatus.odmProcessing
        let flag = DoneFlag.odm
        private let trouble = Mutex<Failure?>(nil)

        func say(_ failure: Failure?) { trouble.withLock { $0 = failure } }
        func obstacle() async -> Failure? { trouble.withLock { $0 } }
        func run(_ stage: StageContext) async throws -> StageResult { StageResult() }
    }

    private static let noImage = Failure("image_missing", "there is no image", retry: .withoutBlame)

    private func refusal(_ test: TestDatabase) async throws -> String? {
        try await test.sql("SELECT refuses_odm FROM v2_workers")[0].getIfPresent("refuses_odm")
    }

    @Test func aHostThatFallsIllBetweenTwoLooksHealsInSeconds() async throws {
        try await TestDatabase.with { test in
            let worker = try await test.addWorker("w", types: [.odmProcessing])
            let host = Host()
            let gate = ODMGate(host, queue: test.queue, worker: worker, logger: Logger(label: "test"))
            let looks = Task { await gate.run() }
            defer { looks.cancel() }
            host.say(Self.noImage)
            await gate.suspect(Self.noImage)
            #expect(try await refusal(test) == "there is no image")
            host.say(nil)
            // A host that is well is looked at every 30 s.
            try await waitUntil(within: .seconds(15), "it is looked at again") { try await refusal(test) == nil }
        }
    }

    @Test func aStartThatFailedOnAHealthyHostIsDistrustedUntilOneWorks() async throws {
        try await TestDatabase.with { test in
            let worker = try await test.addWorker("w", types: [.odmProcessing])
            let gate = ODMGate(Host(), queue: test.queue, worker: worker, logger: Logger(label: "test"))
            await gate.suspect(Failure("docker_refused", "no start", detail: "why not", retry: .withoutBlame))
            await gate.look()
            #expect(try await refusal(test) == "no start (why not)")
            await gate.trust()
            await gate.look()
            #expect(try await refusal(test) == nil)
        }
    }
}
