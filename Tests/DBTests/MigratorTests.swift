import DB
import Failures
import Foundation
import Logging
import TestSupport
import Testing

@Suite(.enabled(if: TestDatabase.isAvailable, "DATABASE_URL is not set: run the tests through make test"))
struct MigratorTests {
    /// Runs `body` with a folder of migration files, which is removed again.
    private func withFolder(_ files: [String: String], _ body: (URL) async throws -> Void) async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "migrations-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }  // the system clears its temporary folder too
        for (name, sql) in files { try write(sql, name, in: folder) }
        try await body(folder)
    }

    private func write(_ sql: String, _ name: String, in folder: URL) throws {
        try Data(sql.utf8).write(to: folder.appending(path: name))
    }

    private let two = ["0001_a.sql": "CREATE TABLE a (id int);", "0002_b.sql": "CREATE TABLE b (id int);"]

    @Test func appliesAllOfOursToAnEmptyDatabaseAndThenNothing() async throws {
        try await TestDatabase.withEmpty { test in
            let migrator = try Migrator(database: test.database, folder: TestDatabase.migrations)
            #expect(try await migrator.status().allSatisfy { !$0.isApplied })
            let applied = try await migrator.run()
            #expect(applied.first == "0001_platform_types")
            #expect(applied == applied.sorted())
            let status = try await migrator.status()
            #expect(status.map(\.name) == applied)
            #expect(status.allSatisfy { $0.isApplied })
            #expect(try await migrator.run().isEmpty)
        }
    }

    @Test func lookingAtTheStatusWritesNothing() async throws {
        try await TestDatabase.withEmpty { test in
            _ = try await Migrator(database: test.database, folder: TestDatabase.migrations).status()
            #expect(try await test.count("pg_tables", "schemaname = 'public'") == 0)
        }
    }

    @Test func twoAtOnceApplyEachFileOnce() async throws {
        try await TestDatabase.withEmpty { test in
            try await withFolder(two) { folder in
                let runs = try await withThrowingTaskGroup(of: [String].self) { group in
                    for _ in 0..<4 {
                        group.addTask { try await Migrator(database: test.database, folder: folder).run() }
                    }
                    return try await group.reduce(into: []) { $0 += $1 }
                }
                #expect(runs.sorted() == ["0001_a", "0002_b"])
            }
        }
    }

    @Test func refusesAFileThatWasEditedAfterItWasApplied() async throws {
        try await TestDatabase.withEmpty { test in
            try await withFolder(two) { folder in
                _ = try await Migrator(database: test.database, folder: folder).run()
                try write("CREATE TABLE b (id bigint);", "0002_b.sql", in: folder)
                let migrator = try Migrator(database: test.database, folder: folder)
                let failure = try await #require(throws: Failure.self) { try await migrator.run() }
                #expect(failure.code == "migration_changed")
                #expect(failure.sentence.contains("0002_b"))
            }
        }
    }

    @Test func aFileThatFailsLeavesNothingOfItselfAndKeepsTheOnesBefore() async throws {
        try await TestDatabase.withEmpty { test in
            let broken = two.merging(["0003_c.sql": "CREATE TABLE c (id int); SELECT 1 / 0;"]) { $1 }
            try await withFolder(broken) { folder in
                let migrator = try Migrator(database: test.database, folder: folder)
                let error = try await #require(throws: DatabaseError.self) { try await migrator.run() }
                #expect(error.operation == "migration 0003_c")
                #expect(error.sqlState == "22012")
                #expect(try await test.text("to_regclass('c')") == nil)
                #expect(try await migrator.status().map(\.isApplied) == [true, true, false])
                try write("CREATE TABLE c (id int);", "0003_c.sql", in: folder)
                let repaired = try Migrator(database: test.database, folder: folder)
                #expect(try await repaired.run() == ["0003_c"])
            }
        }
    }

    @Test func refusesAFolderThatHasNoMigrationsOrTwoOfOneNumber() async throws {
        let database = Database(url: "postgres:///unused", logger: Logger(label: "test"))
        for files in [[:], ["0001_a.sql": "", "0001_b.sql": ""]] {
            try await withFolder(files) { folder in
                let failure = try #require(throws: Failure.self) { try Migrator(database: database, folder: folder) }
                #expect(failure.code == "bad_migrations")
            }
        }
        let nowhere = URL(fileURLWithPath: "/nowhere/\(UUID().uuidString)")
        let failure = try #require(throws: Failure.self) { try Migrator(database: database, folder: nowhere) }
        #expect(failure.code == "bad_migrations")
    }

    @Test func rowsOfBeforeOursAreQueuedUnderTheRealNamesOfTheirTypes() async throws {
        try await TestDatabase.withEmpty { test in
            try await test.migrate(before: "0010")
            for types in ["{deadwood,cog}", "{nonsense}"] {
                try await test.sql(
                    "INSERT INTO v2_queue (dataset_id, user_id, task_types) VALUES ($1, $2, $3)",
                    [.int(test.addDataset()), .text(TestDatabase.user.uuidString), .text(types)])
            }
            _ = try await Migrator(database: test.database, folder: TestDatabase.migrations).run()
            let types = "SELECT string_agg(task_types::text, ' ' ORDER BY id) FROM v2_queue WHERE is_ready"
            #expect(try await test.text(types) == "{deadwood_v1,cog} {nonsense}")
        }
    }
}
