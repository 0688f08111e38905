import DB
import Foundation
import TestSupport
import Testing

@Suite(.enabled(if: TestDatabase.isAvailable, "DATABASE_URL is not set: run the tests through make test"))
struct DecodingTests {
    @Test(arguments: [
        [], [""], ["a", "b c"], ["NULL", "null"], ["{", "}", ","], ["\"", "\\", "\\\"", "a\"b\\c"],
        ["new\nline", "tab\t", "\r\n"], ["schön", "日本", "👩🏽‍🌾"],
        ["\u{301}first is a combining accent", "x\"\u{301}", "\\\u{301}"],
    ])
    func arraysOfAnyTextSurviveTheWayThereAndBack(_ texts: [String]) async throws {
        try await TestDatabase.withEmpty { test in
            let rows = try await test.sql("SELECT $1::text[] AS back, cardinality($1::text[]) AS n", [.array(texts)])
            #expect(try rows[0].get("back", as: [String].self) == texts)
            #expect(try rows[0].get("n", as: Int.self) == texts.count)
        }
    }

    @Test func nullsInAnArrayAreLeftOut() async throws {
        try await TestDatabase.withEmpty { test in
            let rows = try await test.sql("SELECT ARRAY['a', NULL, 'NULL', NULL] AS texts")
            #expect(try rows[0].get("texts", as: [String].self) == ["a", "NULL"])
        }
    }

    @Test func scalarsAndNulls() async throws {
        try await TestDatabase.withEmpty { test in
            let id = UUID()
            let row = try await test.sql(
                """
                SELECT $1::bigint AS big, $2::float8 AS double, $3::boolean AS yes, $4::uuid AS id, $5::text AS nothing,
                  $6::text AS text
                """,
                [.int(Int64.min), .double(0.1), true, .text(id.uuidString), nil, "it's \"quoted\""])[0]
            #expect(try row.get("big") == Int64.min)
            #expect(try row.get("double") == 0.1)
            #expect(try row.get("yes") == true)
            #expect(try row.get("id") == id)
            #expect(try row.getIfPresent("nothing", as: String.self) == nil)
            #expect(try row.get("text") == "it's \"quoted\"")
        }
    }

    @Test func mistakesOfAStatementAreNamed() async throws {
        try await TestDatabase.withEmpty { test in
            let row = try await test.sql("SELECT 'x' AS text, NULL AS nothing")[0]
            func state(_ body: () throws -> Void) throws -> String? {
                try #require(throws: DatabaseError.self, performing: body).sqlState
            }
            #expect(try state { _ = try row.get("absent", as: String.self) } == "42703")
            #expect(try state { _ = try row.get("nothing", as: String.self) } == "22002")
            #expect(try state { _ = try row.get("text", as: Int.self) } == "42804")
        }
    }

    @Test(arguments: [
        (Duration.seconds(90), 90.0), (.milliseconds(1), 0.001), (.zero, 0), (.seconds(86_400 * 30), 2_592_000),
        (.milliseconds(-1500), -1.5),
    ])
    func intervals(_ duration: Duration, _ seconds: Double) async throws {
        try await TestDatabase.withEmpty { test in
            let rows = try await test.sql("SELECT extract(epoch FROM $1::interval) AS s", [.interval(duration)])
            #expect(try rows[0].get("s", as: Double.self) == seconds)
        }
    }

    @Test func statementsNeverBecomeTheirParameters() async throws {
        try await TestDatabase.withEmpty { test in
            let hostile = "'; DROP TABLE x; --"
            let back = try await test.text("$1::text", [.text(hostile)])
            #expect(back == hostile)
        }
    }
}
