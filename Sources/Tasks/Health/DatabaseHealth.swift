import DB
import Failures
import Foundation

extension Doctor {
    var server: Probe {
        Probe(
            name: "database",
            advice: "start PostgreSQL, or set DATABASE_URL to where it runs; what lies in the database was not checked"
        ) {
            let facts = try await database.serverFacts()
            guard facts.versionNumber >= Self.oldestServer else {
                return .failed("PostgreSQL \(facts.version)", advice: "upgrade to PostgreSQL 15 or newer")
            }
            guard facts.notificationQueueUsage < 0.1 else {
                return .warning(
                    "PostgreSQL \(facts.version); its queue of notifications is \(Int(facts.notificationQueueUsage * 100)) % full",
                    advice: "end the session that listens inside an open transaction; pg_stat_activity shows it")
            }
            return .ok("PostgreSQL \(facts.version)")
        }
    }

    /// The first with MERGE and security_invoker views, which the platform's schema uses.
    private static let oldestServer = 150_000

    var postGIS: Probe {
        Probe(name: "postgis", advice: Self.askAgain) {
            guard let version = try await database.serverFacts().postGIS else {
                return .failed(
                    "PostGIS is not installed in this database", advice: "have a superuser run CREATE EXTENSION postgis"
                )
            }
            return .ok("PostGIS \(version)")
        }
    }

    /// Workers count on the database's clock alone; people and logs do not.
    var clock: Probe {
        Probe(name: "clock", advice: Self.askAgain) {
            let before = Date.now
            let theirs = try await database.serverFacts().clock
            let after = Date.now
            // Nobody knows when between question and answer the server looked.
            let offset = theirs.timeIntervalSince(before + after.timeIntervalSince(before) / 2)
            let found = String(format: "the database's clock is %+.1f s from this host's", offset)
            guard abs(offset) <= 2 else {
                return .warning(found, advice: "have both hosts synchronise their clocks, e.g. with chrony")
            }
            return .ok(found)
        }
    }

    var schema: Probe {
        Probe(name: "schema", advice: "set DEADTREES_SQL_DIR to the folder sql of this version") {
            let status = try await Migrator(database: database, folder: migrations()).status()
            let missing = status.filter { !$0.isApplied }.map(\.name)
            guard missing.isEmpty else {
                return .failed(
                    "\(missing.count) of \(status.count) migrations are not applied, the first is \(missing[0])",
                    advice: "run deadtrees migrate")
            }
            return .ok("\(status.count) migrations, all applied")
        }
    }

    var triggers: Probe {
        Probe(name: "triggers", advice: Self.askAgain) {
            let present = try await queue.triggers()
            func names(_ triggers: Set<QueueTrigger>) -> String {
                triggers.map(\.description).sorted().joined(separator: ", ")
            }
            let missing = QueueTrigger.all.filter { present[$0] == nil }
            guard missing.isEmpty else {
                return .failed("missing: \(names(missing))", advice: "create them again as sql/migrations has them")
            }
            let disabled = QueueTrigger.all.filter { present[$0] == false }
            guard disabled.isEmpty else {
                return .failed("disabled: \(names(disabled))", advice: "run ALTER TABLE … ENABLE TRIGGER … for each")
            }
            return .ok("\(QueueTrigger.all.count) triggers, all enabled")
        }
    }

    /// Whether the role of DATABASE_URL may do what a worker does.
    var rights: Probe {
        Probe(name: "rights", advice: Self.askAgain) {
            let rights = try await queue.workerRights()
            guard rights.isSchemaThere else { return .ok("\(rights.role) is connected; there are no tables yet") }
            guard rights.isRoleThere else {
                return .warning(
                    "there is no role deadtrees_worker; \(rights.role) works with rights of its own",
                    advice:
                        "have a superuser run CREATE ROLE deadtrees_worker NOLOGIN, then run SELECT v2_grant_worker_rights() as the owner of the tables"
                )
            }
            guard rights.isGranted else {
                return .warning(
                    "the role deadtrees_worker has no rights in this database",
                    advice: "run SELECT v2_grant_worker_rights() as the owner of the tables")
            }
            guard rights.missing.isEmpty else {
                let rest = rights.missing.count > 3 ? " and \(rights.missing.count - 3) more" : ""
                return .failed(
                    "\(rights.role) lacks \(rights.missing.prefix(3).joined(separator: ", "))\(rest)",
                    advice: "run GRANT deadtrees_worker TO \"\(rights.role)\"")
            }
            return .ok("\(rights.role) may do what a worker does")
        }
    }

    static let askAgain = "run deadtrees doctor again; if it stays, the words in brackets say what PostgreSQL refused"
}
