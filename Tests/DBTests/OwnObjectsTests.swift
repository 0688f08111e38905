import DB
import TestSupport
import Testing

/// Promises about everything that our migrations make, found by comparing with the platform's schema alone.
@Suite(.enabled(if: TestDatabase.isAvailable, "DATABASE_URL is not set: run the tests through make test"))
struct OwnObjectsTests {
    /// Tables, views, columns, functions and triggers of `public`, each with its comment, extensions' left out.
    private static let objects = """
        WITH relations AS (
          SELECT c.oid, c.relname, CASE relkind WHEN 'v' THEN 'view ' ELSE 'table ' END AS kind FROM pg_class c
          WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'v')
            AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = c.oid AND d.deptype = 'e'))
        SELECT kind || relname AS object, obj_description(oid, 'pg_class') AS comment FROM relations
        UNION ALL
        SELECT 'column ' || r.relname || '.' || attname, col_description(attrelid, attnum)
        FROM pg_attribute JOIN relations r ON r.oid = attrelid WHERE attnum > 0 AND NOT attisdropped
        UNION ALL
        SELECT 'function ' || proname, obj_description(oid, 'pg_proc') FROM pg_proc p
        WHERE pronamespace = 'public'::regnamespace
          AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = p.oid AND d.deptype = 'e')
        UNION ALL
        SELECT 'trigger ' || tgname || ' on ' || r.relname, obj_description(t.oid, 'pg_trigger')
        FROM pg_trigger t JOIN relations r ON r.oid = tgrelid WHERE NOT tgisinternal
        """

    /// By name, with its comment where it has one.
    private func objects(_ test: TestDatabase) async throws -> [String: String?] {
        try await Dictionary(
            test.sql(Self.objects).map { try ($0.get("object"), $0.getIfPresent("comment")) },
            uniquingKeysWith: { first, _ in first })
    }

    /// The platform's objects: of a database that has the files up to 0009.
    private func platformObjects() async throws -> Set<String> {
        try await TestDatabase.withEmpty { test in
            try await test.migrate(before: "0010")
            return try await Set(objects(test).keys)
        }
    }

    @Test func eachHasAComment() async throws {
        let platform = try await platformObjects()
        try await TestDatabase.with { test in
            let ours = try await objects(test).filter { !platform.contains($0.key) }
            #expect(ours.count > 100)
            #expect(ours.filter { $0.value == nil }.keys.sorted() == [])
        }
    }

    @Test func theDoctorKnowsEachTrigger() async throws {
        let platform = try await platformObjects()
        try await TestDatabase.with { test in
            let triggers = try await objects(test).keys.filter { $0.hasPrefix("trigger ") && !platform.contains($0) }
            #expect(Set(triggers) == Set(QueueTrigger.all.map { "trigger \($0)" }))
            let present = try await test.queue.triggers()
            #expect(QueueTrigger.all.allSatisfy { present[$0] == true })
        }
    }

    @Test func usersMayCallOnlyWhatViewsAndPoliciesAsk() async throws {
        let platform = try await platformObjects()
        try await TestDatabase.with { test in
            let callable = try await test.sql(
                """
                SELECT DISTINCT 'function ' || proname AS name FROM pg_proc, unnest('{anon,authenticated}'::text[]) role
                WHERE pronamespace = 'public'::regnamespace AND proname LIKE 'v2%' AND has_function_privilege(role, oid, 'EXECUTE')
                """)
            let ours = try callable.map { try $0.get("name", as: String.self) }.filter { !platform.contains($0) }
            #expect(ours.sorted() == ["function v2_may_describe", "function v2_places", "function v2_typical_seconds"])
        }
    }
}
