import DB
import Foundation
import TestSupport
import Testing

@Suite(.enabled(if: TestDatabase.isAvailable, "DATABASE_URL is not set: run the tests through make test"))
struct QueueSecurityTests {
    /// The facts are in `sql/tests/queue_security.sql`, and the first that does not hold is in the error.
    @Test func rowsAreReadAndWrittenByWhomTheyShouldBe() async throws {
        let file = TestDatabase.migrations.deletingLastPathComponent().appending(path: "tests/queue_security.sql")
        let facts = try String(contentsOf: file, encoding: .utf8)
        try await TestDatabase.with { test in
            try await test.database.transaction { try $0.script(facts, as: "facts about security") }
        }
    }
}
