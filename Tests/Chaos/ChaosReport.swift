import Foundation

/// What a run did and found.
struct ChaosReport: Sendable {
    let plan: ChaosPlan
    var seconds = 0.0
    var figures: [(name: String, amount: Int)] = []
    var tally: [String: Int] = [:]
    var anomalies: [String] = []
    /// Logs and a dump of the database, kept when something was wrong.
    var folder: String?

    init(plan: ChaosPlan) { self.plan = plan }

    var text: String {
        let workers = plan.phases.map { "\($0.workers)" }.joined(separator: ", ")
        let lines =
            [("seed", "\(plan.seed)"), ("seconds in all", "\(Int(seconds))"), ("workers", workers)]
            + tally.sorted { $0.key < $1.key }.map { ($0.key, "\($0.value)") }
            + figures.map { ($0.name, "\($0.amount)") } + [("anomalies", "\(anomalies.count)")]
        let width = (lines.map(\.0.count).max() ?? 0) + 2
        let table = lines.map { $0.0.padding(to: width) + $0.1 }
        return (table + anomalies.prefix(50).map { "! \($0)" } + kept).joined(separator: "\n")
    }

    private var kept: [String] { folder.map { ["logs and database.sql are in \($0)"] } ?? [] }
}

extension String {
    fileprivate func padding(to width: Int) -> String {
        self + String(repeating: " ", count: max(0, width - count))
    }
}

/// Prints a line at once, also into a file.
func say(_ line: String) {
    FileHandle.standardOutput.write(Data("\(line)\n".utf8))
}
