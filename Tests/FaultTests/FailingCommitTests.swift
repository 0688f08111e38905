import DB
import Foundation
import TestSupport
import Testing

/// The transaction that publishes a stage's result fails at its very end. A day of work is not thrown away for that:
/// it is tried until it is written, by the same attempt, once.
@Suite(
    .enabled(if: TestDatabase.isAvailable, "DATABASE_URL is not set: run the tests through make test"), .serialized)
struct FailingCommitTests {
    /// What the server does at COMMIT.
    enum Commit: String, CaseIterable, CustomTestStringConvertible {
        case serializationFailure = "RAISE EXCEPTION 'not now' USING ERRCODE = 'serialization_failure'"
        case deadlock = "RAISE EXCEPTION 'not now' USING ERRCODE = 'deadlock_detected'"
        case diskFull = "RAISE EXCEPTION 'no room' USING ERRCODE = 'disk_full'"
        case connectionEnds = "PERFORM pg_terminate_backend(pg_backend_pid())"
        var testDescription: String { "\(self)" }
    }

    @Test(arguments: Commit.allCases)
    func itIsTriedAgain(_ commit: Commit) async throws {
        try await Site.checked { site in
            try await site.atCommitOfASuccess("IF nextval('test_commits') <= 2 THEN \(commit.rawValue); END IF;")
            let (dataset, row) = try await site.addOrthoRow(["geotiff", "metadata", "thumbnail"])
            let worker = try WorkerProcess(site)
            try await site.untilGone(row)
            #expect(
                try await site.history(dataset) == ["geotiff succeeded", "metadata succeeded", "thumbnail succeeded"])
            #expect(try await site.commits() >= 3)
            try await site.stop(worker)
        }
    }

    /// The transaction was committed, and the connection was cut before the worker heard of it.
    @Test(arguments: [["geotiff"], ["geotiff", "thumbnail"]])
    func itsAnswerIsLost(_ types: [String]) async throws {
        try await Site.checked { site in
            let server = try #require(URLComponents(string: site.test.url))
            let proxy = try TCPProxy(upstream: UInt16(server.port ?? 5432))
            defer { proxy.close() }
            var through = server
            through.port = Int(proxy.port)
            try await site.atCommitOfASuccess(
                "IF nextval('test_commits') = 1 THEN PERFORM pg_advisory_xact_lock(4711); END IF;")
            let (dataset, _) = try await site.addOrthoRow(types)
            let worker = try await whileHolding("SELECT pg_advisory_xact_lock(4711)", in: site.test.url) { release in
                let worker = try WorkerProcess(site, [], ["DATABASE_URL": through.string ?? ""])
                try await site.untilBlocked()
                proxy.become(.swallowAnswers)
                release()
                try await waitUntil("it is committed") { try await site.history(dataset).first == "geotiff succeeded" }
                proxy.become(.forward)
                proxy.cut()
                return worker
            }
            try await waitUntil("the worker knows: \(worker.log.suffix(2000))") { worker.log.contains("row finished") }
            #expect(try await site.history(dataset) == types.map { "\($0) succeeded" })
            try await site.stop(worker)
        }
    }
}

extension Site {
    /// Runs `statement` when a transaction is committed in which a run has succeeded.
    fileprivate func atCommitOfASuccess(_ statement: String) async throws {
        try await test.sql("CREATE SEQUENCE test_commits")
        try await test.sql(
            """
            CREATE FUNCTION test_at_commit() RETURNS trigger LANGUAGE plpgsql AS
            $$ BEGIN \(statement) RETURN NULL; END $$
            """)
        try await test.sql(
            """
            CREATE CONSTRAINT TRIGGER test_at_commit AFTER UPDATE ON v2_task_runs DEFERRABLE INITIALLY DEFERRED
            FOR EACH ROW WHEN (NEW.outcome = 'succeeded') EXECUTE FUNCTION test_at_commit()
            """)
    }

    /// How often such a transaction came to its end.
    fileprivate func commits() async throws -> Int {
        try await test.sql("SELECT last_value FROM test_commits")[0].get("last_value")
    }
}
