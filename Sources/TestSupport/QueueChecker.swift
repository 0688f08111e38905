public import DB
import Foundation

/// Reads the whole history of one database and says what in it must not be: a row without an outcome or with two, two
/// leases of a dataset or of a GPU slot at one time, a result that a stale attempt has published, and so on.
///
/// The rules are SQL: sql/chaos/anomalies.sql.
public struct QueueChecker: Sendable {
    private let database: Database

    /// Begins to write down what happens to rows and leases. To be called before anything is queued.
    public static func install(in database: Database) async throws -> QueueChecker {
        for name in ["audit", "anomalies"] {
            let file = BuiltProducts.repository.appending(path: "sql/chaos/\(name).sql")
            let script = try String(contentsOf: file, encoding: .utf8)
            try await database.transaction { try $0.script(script, as: name) }
        }
        return QueueChecker(database: database)
    }

    /// One sentence for each thing that is wrong.
    /// - Parameter atRest: whether everything should have come to its end: no row waits or runs any more.
    public func anomalies(atRest: Bool = true) async throws -> [String] {
        try await database.run(Self.readAnomalies, [.bool(atRest)]).map { try $0.get("anomaly") }
    }

    /// What there was to check, in the order in which to print it.
    public func figures() async throws -> [(name: String, amount: Int)] {
        try await database.run(Self.readFigures).map { try ($0.get("figure"), $0.get("amount")) }
    }

    /// Scratch folders that are left below `workFolder`; none is to be there once nothing runs.
    public static func scratchFolders(in workFolder: String) -> [String] {
        // A folder that was never made holds none.
        let names = (try? FileManager.default.contentsOfDirectory(atPath: workFolder)) ?? []
        return names.filter { !$0.hasPrefix(".") }.map { "\(workFolder)/\($0)" }.sorted()
    }

    private static let readAnomalies = Statement("anomalies", "SELECT * FROM chaos.anomalies($1) AS anomaly")
    private static let readFigures = Statement("figures", "SELECT figure, amount FROM chaos.figures()")
}
