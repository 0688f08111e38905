import DB
import TestSupport
import Testing

@Suite(
    .enabled(if: TestDatabase.isAvailable, "DATABASE_URL is not set: run the tests through make test"),
    .timeLimit(.minutes(2)))
struct ListenerTests {
    private static let backends = """
        pg_stat_activity WHERE application_name = 'deadtrees listener' AND datname = current_database()
        """

    @Test func hearsWhatIsNotifiedAndNothingElse() async throws {
        try await TestDatabase.withEmpty { test in
            var ear = try await Ear(test)
            #expect(try await ear.heard() == [])
            try await test.sql("NOTIFY v2_queue, 'work'")
            try await test.sql("NOTIFY somebody_else")
            #expect(try await ear.heard() == ["v2_queue"])
        }
    }

    @Test func saysWhenItIsDeafAndListensAgain() async throws {
        try await TestDatabase.withEmpty { test in
            var ear = try await Ear(test)
            try await test.sql("SELECT pg_terminate_backend(pid, 10000) FROM \(Self.backends)")
            try await ear.waitUntilDeaf()
            try await ear.wait(for: .listening)
            try await test.sql("NOTIFY v2_queue")
            #expect(try await ear.heard() == ["v2_queue"])
        }
    }

    @Test func endsItsConnectionWhenNobodyReadsAnyMore() async throws {
        try await TestDatabase.withEmpty { test in
            func backends() async throws -> Int {
                try await test.sql("SELECT count(*) AS n FROM \(Self.backends)")[0].get("n")
            }
            try await listenAndLeave(test)
            // The thread looks up from the socket once a second.
            while try await backends() > 0 { await Task.yield() }
            #expect(try await backends() == 0)
        }
    }

    private func listenAndLeave(_ test: TestDatabase) async throws {
        let ear = try await Ear(test)
        #expect(try await test.sql("SELECT count(*) AS n FROM \(Self.backends)")[0].get("n", as: Int.self) == 1)
        _ = ear
    }
}
