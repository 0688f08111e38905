import Execution
import Failures
import Foundation
import Logging
import TestSupport
import Testing

@testable import DB

@Suite(
    .enabled(if: TestDatabase.isAvailable, "DATABASE_URL is not set: run the tests through make test"),
    .timeLimit(.minutes(2)))
struct ConnectionTests {
    @Test func moreTasksThanConnectionsAllGetTheirTurn() async throws {
        try await TestDatabase.withEmpty(connections: 2) { test in
            let pids = try await withThrowingTaskGroup(of: Int.self) { group in
                for _ in 0..<200 {
                    group.addTask { try await test.sql("SELECT pg_backend_pid() AS pid")[0].get("pid") }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(pids.count == 200)
            #expect((1...2).contains(Set(pids).count))
        }
    }

    @Test func aBrokenConnectionIsReplaced() async throws {
        try await TestDatabase.withEmpty(connections: 1) { test in
            let pid = try await test.sql("SELECT pg_backend_pid() AS pid")[0].get("pid", as: Int.self)
            let other = Database(url: test.url, connections: 1, logger: Logger(label: "test"))
            // With a timeout it returns when the backend has ended.
            try await other.run(Statement("kill", "SELECT pg_terminate_backend($1, 10000)"), [.int(pid)])
            await other.close()
            let error = try await #require(throws: DatabaseError.self) { try await test.sql("SELECT 1 AS one") }
            #expect(error.isConnectionLoss)
            #expect(error.failure.code == "database_unreachable")
            #expect(error.failure.retry == .later)
            let next = try await test.sql("SELECT pg_backend_pid() AS pid")[0].get("pid", as: Int.self)
            #expect(next != pid)
        }
    }

    @Test func aServerThatIsNotThereIsAConnectionLoss() async throws {
        // Port 1 of this host: nobody listens there, so the refusal is at once.
        let database = Database(url: "postgres://127.0.0.1:1/x", connections: 1, logger: Logger(label: "test"))
        let error = try await #require(throws: DatabaseError.self) {
            try await database.run(Statement("a", "SELECT 1"))
        }
        #expect(error.isConnectionLoss)
        #expect(error.operation == "connect")
    }

    @Test func aTransactionThatThrowsLeavesNothingAndItsConnectionIsFitForTheNext() async throws {
        try await TestDatabase.withEmpty(connections: 1) { test in
            try await test.sql("CREATE TABLE kept (id int)")
            let insert = Statement("insert", "INSERT INTO kept VALUES (1)")
            await #expect(throws: Failure.self) {
                try await test.database.transaction { transaction in
                    try transaction.run(insert)
                    throw Failure("own", "the caller's own error comes out unchanged")
                }
            }
            await #expect(throws: DatabaseError.self) {
                try await test.database.transaction { transaction in
                    try transaction.run(insert)
                    try transaction.run(Statement("divide", "SELECT 1 / 0"))
                }
            }
            #expect(try await test.count("kept") == 0)
            try await test.database.transaction { _ = try $0.run(insert) }
            #expect(try await test.count("kept") == 1)
        }
    }

    @Test func anErrorThatIsSwallowedInATransactionDoesNotCommit() async throws {
        try await TestDatabase.withEmpty(connections: 1) { test in
            try await test.sql("CREATE TABLE kept (id int)")
            try? await test.database.transaction { transaction in  // whether it throws is not what is asked here
                try transaction.run(Statement("insert", "INSERT INTO kept VALUES (1)"))
                _ = try? transaction.run(Statement("divide", "SELECT 1 / 0"))
            }
            #expect(try await test.count("kept") == 0)
        }
    }

    @Test func contentionIsToldFromOtherErrors() async throws {
        try await TestDatabase.withEmpty { test in
            try await test.sql("CREATE TABLE one (id int)")
            try await test.sql("INSERT INTO one VALUES (1)")
            let state = Held<String?>(nil)
            try await test.database.transaction { transaction in
                try transaction.run(Statement("lock", "SELECT id FROM one FOR UPDATE"))
                try onAnotherThread {
                    let session = try Session(url: test.url, applicationName: "test")
                    do {
                        _ = try session.run(Statement("lock", "SELECT id FROM one FOR UPDATE NOWAIT"), [])
                    } catch let error as DatabaseError {
                        #expect(error.isContention)
                        state.value = error.sqlState
                    }
                }
            }
            #expect(state.value == "55P03")
        }
    }

    @Test func anUnfinishedTransactionOfACallerNeverLeaksIntoTheNext() async throws {
        try await TestDatabase.withEmpty(connections: 1) { test in
            try await test.sql("BEGIN")
            let rows = try await test.sql("SELECT pg_current_xact_id_if_assigned() IS NULL AS fresh")
            #expect(try rows[0].get("fresh", as: Bool.self))
            #expect(
                try await test.count(
                    "pg_stat_activity", "state LIKE 'idle in transaction%' AND datname = current_database()") == 0)
        }
    }

    @Test func backoffDoublesUpToItsLimitAndStartsAgain() {
        var backoff = Backoff(first: .milliseconds(100), limit: .seconds(1))
        for expected in [100, 200, 400, 800, 1000, 1000] {
            let wait = backoff.next()
            #expect(wait <= .milliseconds(expected) && wait >= .milliseconds(expected) / 2)
        }
        backoff.reset()
        #expect(backoff.next() <= .milliseconds(100))
    }
}
