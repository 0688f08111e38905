public import DB
public import Foundation
import Logging
import Synchronization

/// A database of its own for one test, on the server that `DATABASE_URL` names, migrated and dropped again.
public struct TestDatabase: Sendable {
    public let database: Database
    public let queue: JobQueue
    public let url: String

    /// Whether there is a server to make databases on. `make test` starts one.
    public static var isAvailable: Bool { serverURL != nil }

    private static var serverURL: String? { ProcessInfo.processInfo.environment["DATABASE_URL"] }

    /// Runs `body` with a fresh database that has the newest schema.
    public static func with<Result>(
        connections: Int = 4, _ body: (TestDatabase) async throws -> Result
    ) async throws -> Result {
        try await Template.shared.make()
        return try await withEmpty(from: Template.name, connections: connections) { test in
            // Copies must not take each other's containers for their own.
            try await test.sql("UPDATE v2_deployment SET id = gen_random_uuid()")
            return try await body(test)
        }
    }

    /// Runs `body` with a fresh database that has no tables at all.
    public static func withEmpty<Result>(
        from template: String = "template0", connections: Int = 4, _ body: (TestDatabase) async throws -> Result
    ) async throws -> Result {
        let name = "test_\(UUID().uuidString.lowercased().replacing("-", with: "_"))"
        try await onServer("CREATE DATABASE \(name) TEMPLATE \(template)")
        let test = TestDatabase(name: name, connections: connections)
        do {
            let result = try await body(test)
            await test.database.close()
            try await onServer("DROP DATABASE \(name) WITH (FORCE)")
            return result
        } catch {
            await test.database.close()
            // The test's own error counts; the server goes away with its databases.
            try? await onServer("DROP DATABASE \(name) WITH (FORCE)")
            throw error
        }
    }

    private init(name: String, connections: Int) {
        self.init(url: Self.url(of: name), connections: connections)
    }

    /// A migrated database that is there already and stays.
    public init(url: String, connections: Int = 4) {
        self.url = url
        database = Database(url: url, connections: connections, logger: Logger(label: "test"))
        queue = JobQueue(database)
    }

    static func url(of name: String) -> String {
        var components = URLComponents(string: serverURL ?? "") ?? URLComponents()
        components.path = "/\(name)"
        return components.string ?? ""
    }

    static func onServer(_ sql: String) async throws {
        let server = Database(url: serverURL ?? "", connections: 1, logger: Logger(label: "test"))
        // CREATE DATABASE cannot run in a transaction block.
        try await server.run(Statement("server", sql))
        await server.close()
    }

    /// The repository's migration files.
    public static let migrations = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "sql/migrations")
}

/// A migrated database that tests are copied from: copying takes a tenth of migrating.
private actor Template {
    static let shared = Template()
    static let name = "template_\(ProcessInfo.processInfo.processIdentifier)"
    private var made: Task<Void, any Error>?

    func make() async throws {
        let task =
            made
            ?? Task {
                try await TestDatabase.onServer("CREATE DATABASE \(Self.name)")
                let database = Database(
                    url: TestDatabase.url(of: Self.name), connections: 1, logger: Logger(label: "test"))
                _ = try await Migrator(database: database, folder: TestDatabase.migrations).run()
                // A template may have no open connections while it is copied.
                await database.close()
            }
        made = task
        try await task.value
    }
}
