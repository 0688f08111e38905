import DB
import Failures
import TestSupport
import Testing

@testable import Worker

@Suite(.enabled(if: TestDatabase.isAvailable, "DATABASE_URL is not set: run the tests through make test"))
struct LedgerTests {
    private static let cog = TaskType(rawValue: "cog")

    private func claimed(_ test: TestDatabase, _ count: Int) async throws -> [ClaimedJob] {
        for _ in 0..<count { _ = try await test.enqueue(test.addDataset(), ["cog"]) }
        let worker = try await test.addWorker("w", types: [Self.cog])
        return try await test.queue.claim(for: worker, taskTypes: [Self.cog], limit: count, lease: .seconds(90))
    }

    private func end(_ job: ClaimedJob, detail: String? = nil, metadata: String? = nil) -> StageEnd {
        StageEnd(
            token: job.token, datasetID: job.datasetID, kind: .of(Self.cog), measures: StageMeasures(detail: detail),
            records: metadata.map { [.metadata(json: $0, runtime: 1)] } ?? [], next: nil)
    }

    /// Completes all at once; the failures' codes, in the order of the ends, nil for what was written.
    private func complete(_ ends: [StageEnd], in ledger: Ledger) async -> [String?] {
        await withTaskGroup(of: (Int, String?).self) { group in
            for (number, end) in ends.enumerated() {
                group.addTask {
                    do {
                        try await ledger.complete(end)
                        return (number, nil)
                    } catch {
                        return (number, Failure(error).code)
                    }
                }
            }
            return await group.reduce(into: Array(repeating: nil, count: ends.count)) { $0[$1.0] = $1.1 }
        }
    }

    @Test func manyEndsShareFewTransactions() async throws {
        try await TestDatabase.with { test in
            let jobs = try await claimed(test, 100)
            let before = try await commits(test)
            let codes = await complete(jobs.map { end($0) }, in: Ledger(test.queue))
            #expect(codes.allSatisfy { $0 == nil })
            let transactions = try await commits(test) - before
            #expect(transactions < 20, "\(transactions)")
            let succeeded = try await test.sql("SELECT count(*) AS n FROM v2_requests WHERE outcome = 'succeeded'")
            #expect(try succeeded[0].get("n", as: Int.self) == 100)
        }
    }

    /// Distinct transactions that wrote outcomes so far.
    private func commits(_ test: TestDatabase) async throws -> Int {
        try await test.sql("SELECT count(DISTINCT xmin::text) AS n FROM v2_requests")[0].get("n")
    }

    @Test func whatCannotBeWrittenFailsAlone() async throws {
        try await TestDatabase.with { test in
            let jobs = try await claimed(test, 30)
            // One lost its lease, one has a record that is refused, one something that spoils the whole statement.
            try await test.sql("DELETE FROM v2_queue WHERE id = $1", [.int(jobs[3].queueID)])
            var ends = jobs.map { end($0, metadata: "{}") }
            ends[7] = end(jobs[7], metadata: "not json")
            ends[11] = end(jobs[11], detail: "not json")
            let codes = await complete(ends, in: Ledger(test.queue))
            #expect(codes[3] == "lease_lost")
            #expect(codes[7] == "database_error")
            #expect(codes[11] == "database_error")
            #expect(codes.filter { $0 == nil }.count == 27)
            let left = try await test.sql("SELECT id FROM v2_queue ORDER BY id").map {
                try $0.get("id", as: Int64.self)
            }
            #expect(left == [jobs[7].queueID, jobs[11].queueID])
        }
    }
}
