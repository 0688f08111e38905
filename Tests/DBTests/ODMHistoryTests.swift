import DB
import TestSupport
import Testing

@Suite(.enabled(if: TestDatabase.isAvailable, "DATABASE_URL is not set: run the tests through make test"))
struct ODMHistoryTests {
    private func add(
        _ test: TestDatabase, _ detail: String, type: String = "odm_processing", outcome: String = "succeeded"
    ) async throws {
        try await test.sql(
            """
            INSERT INTO v2_task_runs (queue_id, dataset_id, task_type, attempt, worker, finished_at, outcome, detail)
            VALUES (1, 1, $1, 1, 'w', now(), $2, $3::jsonb)
            """, [.text(type), .text(outcome), .text(detail)])
    }

    private func detail(_ host: String, _ photos: Int, _ seconds: Double = 60) -> String {
        #"{"host": "\#(host)", "photos": \#(photos), "megapixels": \#(photos * 12), "odmSeconds": \#(seconds)}"#
    }

    @Test func theHostsOwnRunsCountAndThoseOfOthersWhereItHasNone() async throws {
        try await TestDatabase.with { test in
            #expect(try await test.queue.odmHistory(host: "a") == ODMHistory(runs: [], isOwn: false))
            try await add(test, detail("a", 1, 1.5))
            try await add(test, detail("b", 2))
            try await add(test, detail("a", 3))
            let own = try await test.queue.odmHistory(host: "a")
            #expect(own.isOwn && own.runs.map(\.photos) == [3, 1])
            #expect(own.runs.last == .init(photos: 1, megapixels: 12, seconds: 1.5))
            let others = try await test.queue.odmHistory(host: "c")
            #expect(!others.isOwn && others.runs.map(\.photos) == [3, 2, 1])
        }
    }

    @Test func onlyWholeRecordsOfRunsThatSucceededCount() async throws {
        try await TestDatabase.with { test in
            try await add(test, detail("a", 1), outcome: "failed")
            try await add(test, detail("a", 2), type: "cog")
            try await add(test, detail("a", 3, 0))
            try await add(test, #"{"host": "a", "photos": "many", "megapixels": 12, "odmSeconds": 60}"#)
            try await add(test, #"{"photos": 4, "megapixels": 48}"#)
            try await add(test, "{}")
            #expect(try await test.queue.odmHistory(host: "a").runs.isEmpty)
            try await add(test, #"{"photos": 5, "megapixels": 60, "odmSeconds": 60}"#)
            let run = try await test.queue.odmHistory(host: "a")
            #expect(!run.isOwn && run.runs.map(\.photos) == [5])
        }
    }

    @Test func theLastFiftyAreEnough() async throws {
        try await TestDatabase.with { test in
            for photos in 1...55 { try await add(test, detail("a", photos)) }
            #expect(try await test.queue.odmHistory(host: "a").runs.map(\.photos) == (6...55).reversed())
        }
    }
}
