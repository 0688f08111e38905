import DB
import Failures
import Foundation
import Logging
import Settings
import Storage

/// What commands are made of: settings, a logger, a database, storage.
struct Environment {
    let settings: AppSettings
    let logger: Logger

    init() throws {
        settings = try AppSettings.current()
        logger = LogSetup.logger(settings.log)
    }

    func database(connections: Int = 2) -> Database {
        Database(url: settings.database.url.reveal(), connections: connections, logger: logger)
    }

    func queue() -> JobQueue { JobQueue(database()) }

    func storage() throws -> any Storage {
        switch settings.storage.location {
        case .folder(let path): return LocalStorage(root: path)
        case .sftp(let address): return try SFTPStorage(address, settings.storage, logger: logger)
        }
    }

    /// Storage that has let this host in. A worker that it will never let in must not claim rows; one whose storage is
    /// away for a while may start, and its rows wait.
    func reachedStorage() async throws -> any Storage {
        let storage = try storage()
        do {
            let facts = try await storage.facts()
            logger.info("storage", metadata: ["place": "\(facts.place)", "verification": "\(facts.verification)"])
        } catch let failure as Failure where failure.retry != .never {
            logger.error("storage cannot be used at present", metadata: ["error": "\(failure)"])
        }
        return storage
    }

    /// The folder of migration files: beside the checkout's build folder, where the package installs it, or here.
    static func migrationsFolder() throws -> URL {
        let executable = URL(fileURLWithPath: CommandLine.arguments[0]).resolvingSymlinksInPath()
        let running =
            (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe"))  // else by name
            .map { URL(fileURLWithPath: $0) } ?? executable
        let given = ProcessInfo.processInfo.environment["DEADTREES_SQL_DIR"].map { URL(fileURLWithPath: $0) }
        let above = sequence(first: running.deletingLastPathComponent()) { folder in
            folder.path == "/" ? nil : folder.deletingLastPathComponent()
        }
        let candidates =
            [given].compactMap { $0 }
            + above.prefix(6).flatMap { [$0.appending(path: "sql"), $0.appending(path: "share/deadtrees/sql")] }
            + [URL(fileURLWithPath: "sql")]
        for folder in candidates.map({ $0.appending(path: "migrations") })
        where FileManager.default.fileExists(atPath: folder.path) {
            return folder
        }
        throw Failure(
            "no_migrations",
            "the folder sql/migrations was found neither beside the program nor here; set DEADTREES_SQL_DIR")
    }
}
