import DB
import Foundation
import TestSupport

extension TestDatabase {
    /// Applies the migrations whose file names come before `limit`, e.g. `0010`: what a database had at that time.
    func migrate(before limit: String) async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "migrations-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }  // the system clears its temporary folder too
        let names = try FileManager.default.contentsOfDirectory(atPath: TestDatabase.migrations.path)
        for name in names where name < limit {
            try FileManager.default.copyItem(
                at: TestDatabase.migrations.appending(path: name), to: folder.appending(path: name))
        }
        _ = try await Migrator(database: database, folder: folder).run()
    }
}
