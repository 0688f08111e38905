import Failures
public import Foundation
import Logging

/// Brings a database to the newest schema: every `sql/migrations/NNNN_name.sql` that it has not seen, in order,
/// each in a transaction of its own together with its entry in `v2_schema_migrations`.
public struct Migrator: Sendable {
    /// One migration and whether the database has it.
    public struct Status: Sendable, Codable, Equatable {
        public let name: String
        public let isApplied: Bool
    }

    private let database: Database
    private let migrations: [Migration]

    /// - Parameter folder: where the migration files are.
    /// - Throws: `Failure` when the folder holds none or two share a number.
    public init(database: Database, folder: URL) throws {
        self.database = database
        migrations = try Migration.all(in: folder)
    }

    /// Applies what is missing and returns the names applied. Two at once are safe: the second waits for an
    /// advisory lock and then finds nothing to do.
    /// - Throws: `Failure` when a file that was applied has changed since; `DatabaseError` when a statement fails,
    ///   after everything of that file has been rolled back.
    public func run() async throws -> [String] {
        var applied: [String] = []
        try await database.transaction { try $0.script(Self.createJournal, as: "create v2_schema_migrations") }
        for migration in migrations where try await apply(migration) {
            applied.append(migration.name)
        }
        return applied
    }

    public func status() async throws -> [Status] {
        let known = try await database.run(Self.journalExists)
        let rows = try known[0].get("present") ? await database.run(Self.readJournal) : []
        let names = try Set(rows.map { try $0.get("name", as: String.self) })
        return migrations.map { Status(name: $0.name, isApplied: names.contains($0.name)) }
    }

    private func apply(_ migration: Migration) async throws -> Bool {
        try await database.transaction { transaction in
            try transaction.run(Self.lock)
            let journal = try transaction.run(Self.readEntry, [.text(migration.name)])
            if let entry = journal.first {
                try migration.check(against: entry.get("checksum"))
                return false
            }
            try transaction.script(migration.sql, as: "migration \(migration.name)")
            try transaction.run(Self.writeEntry, [.text(migration.name), .text(migration.checksum)])
            return true
        }
    }

    /// Any number will do that nothing else in the database uses.
    private static let lock = Statement("lock migrations", "SELECT pg_advisory_xact_lock(7206023)")

    private static let createJournal = """
        SELECT pg_advisory_xact_lock(7206023);
        SET LOCAL client_min_messages = warning;
        CREATE TABLE IF NOT EXISTS v2_schema_migrations (
          name       text PRIMARY KEY,
          checksum   text NOT NULL,
          applied_at timestamptz NOT NULL DEFAULT now()
        );
        ALTER TABLE v2_schema_migrations ENABLE ROW LEVEL SECURITY;
        """
    private static let journalExists = Statement(
        "journal exists", "SELECT to_regclass('v2_schema_migrations') IS NOT NULL AS present")
    private static let readJournal = Statement("read journal", "SELECT name FROM v2_schema_migrations")
    private static let readEntry = Statement(
        "read journal entry", "SELECT checksum FROM v2_schema_migrations WHERE name = $1")
    private static let writeEntry = Statement(
        "write journal entry", "INSERT INTO v2_schema_migrations (name, checksum) VALUES ($1, $2)")
}

/// One file of `sql/migrations`.
struct Migration: Sendable {
    let name: String
    let sql: String

    /// FNV-1a over the file's bytes: enough to notice that a file was edited, which is all it is for.
    /// Source: http://www.isthe.com/chongo/tech/comp/fnv/
    var checksum: String {
        let hash = sql.utf8.reduce(0xcbf2_9ce4_8422_2325 as UInt64) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
        return String(hash, radix: 16)
    }

    func check(against recorded: String) throws {
        guard recorded == checksum else {
            throw Failure(
                "migration_changed",
                "migration \(name) was applied before and has been edited since; undo the edit and add a new file instead"
            )
        }
    }

    static func all(in folder: URL) throws -> [Migration] {
        // A folder that cannot be read is one without migrations.
        let entries = try? FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
        let files = (entries ?? [])
            .filter { $0.pathExtension == "sql" }
            .sorted { $0.lastPathComponent < $1.lastPathComponent }
        let numbers = files.map { $0.lastPathComponent.prefix(4) }
        guard !files.isEmpty, Set(numbers).count == numbers.count else {
            throw Failure(
                "bad_migrations", "the migrations folder holds no migrations, or two that share a number",
                detail: folder.path)
        }
        return try files.map {
            Migration(
                name: $0.deletingPathExtension().lastPathComponent, sql: try String(contentsOf: $0, encoding: .utf8))
        }
    }
}
