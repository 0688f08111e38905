import DB
import Foundation
import Logging

/// How long a row waits for an idle worker, beside how long a bare NOTIFY takes on the same machine.
///
/// Expects `DATABASE_URL` to name a migrated database with one idle worker on it. Prints milliseconds.
@main
struct QueueBench {
    static let samples = 300
    /// Between two rows, so that the worker is idle again.
    static let gap = Duration.milliseconds(60)...Duration.milliseconds(120)

    static func main() async throws {
        let url = ProcessInfo.processInfo.environment["DATABASE_URL"] ?? "postgres:///deadtrees"
        let database = Database(url: url, applicationName: "bench", logger: Logger(label: "bench"))
        let dataset: Int64 = try await database.run(statement("add_dataset"))[0].get("id")
        print(row("what", ["p50", "p90", "p95", "p99", "max"]))
        print(row("NOTIFY to listener", distribution(try await notifyFloor(database))))
        print(row("INSERT to stage start", distribution(try await pickUp(database, dataset))))
    }

    private static func notifyFloor(_ database: Database) async throws -> [Double] {
        var heard = Listener(database: database, channels: ["bench"]).events().makeAsyncIterator()
        while await heard.next() != .listening {}
        var times: [Double] = []
        for _ in 0..<samples {
            let start = ContinuousClock.now
            async let sent = database.run(statement("notify"))
            _ = await heard.next()
            times.append((ContinuousClock.now - start) / .milliseconds(1))
            _ = try await sent
            try await Task.sleep(for: pause())
        }
        return times
    }

    private static func pickUp(_ database: Database, _ dataset: Int64) async throws -> [Double] {
        var times: [Double] = []
        for _ in 0..<samples {
            // The database's clock is this machine's: both ends are read from it.
            let start = Date().timeIntervalSince1970
            let row: Int64 = try await database.run(statement("insert_row"), [.int(dataset)])[0].get("id")
            while true {
                try await Task.sleep(for: pause())
                guard let run = try await database.run(statement("stage_start"), [.int(row)]).first else { continue }
                times.append((try run.get("started", as: Double.self) - start) * 1000)
                break
            }
        }
        return times
    }

    private static func pause() -> Duration {
        gap.lowerBound + (gap.upperBound - gap.lowerBound) * Double.random(in: 0...1)
    }

    /// A statement of `sql/bench`.
    private static func statement(_ name: String) throws -> Statement {
        try Statement(name, String(contentsOfFile: "sql/bench/\(name).sql", encoding: .utf8))
    }

    private static func distribution(_ times: [Double]) -> [String] {
        let sorted = times.sorted()
        return [0.5, 0.9, 0.95, 0.99, 1].map { share in
            String(format: "%.1f", sorted[min(sorted.count - 1, Int(Double(sorted.count) * share))])
        }
    }

    private static func row(_ name: String, _ cells: [String]) -> String {
        name.padding(toLength: 24, withPad: " ", startingAt: 0)
            + cells.map { String(repeating: " ", count: max(0, 9 - $0.count)) + $0 }.joined()
    }
}
