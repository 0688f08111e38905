import ArgumentParser
import DB
import Foundation

struct MigrateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "migrate",
        abstract: "Bring the database to the newest schema. Running it again changes nothing.",
        discussion: """
            Works on an empty PostgreSQL with PostGIS and on an existing DeadTrees database, whose own objects stay as \
            they are. Two at once are safe.
            """)

    @Flag(help: "List the migrations and whether the database has them; change nothing.")
    var status = false
    @Flag(help: "Print JSON.")
    var json = false

    func run() async throws {
        let migrator = try Migrator(database: Environment().database(), folder: Environment.migrationsFolder())
        if !status {
            let applied = try await migrator.run()
            guard !json else { return try Output.json(applied) }
            print(
                applied.isEmpty ? "the schema is up to date" : applied.map { "applied \($0)" }.joined(separator: "\n"))
            return
        }
        let migrations = try await migrator.status()
        if json { return try Output.json(migrations) }
        Output.table(["migration", "applied"], migrations.map { [$0.name, $0.isApplied ? "yes" : "no"] })
    }
}
