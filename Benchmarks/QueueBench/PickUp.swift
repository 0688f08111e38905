import DB
import Failures
import Foundation

/// How long a row waits for an idle worker: from just before its INSERT to the first line of the handler, which
/// leaves a mark in a file. The worker is another process, of whatever library; the statement makes the row.
struct PickUp {
    let statement: Statement
    let marks: String

    /// Milliseconds of one row after the other.
    func sample(_ count: Int) async throws -> [Double] {
        let database = benchDatabase()
        _ = try await once(database)  // The first one prepares the statement.
        var times: [Double] = []
        for _ in 0..<count { times.append(try await once(database)) }
        return times
    }

    private func once(_ database: Database) async throws -> Double {
        try await Task.sleep(for: pause())
        let before = try seen().count
        let start = monotonicNanoseconds()
        try await database.run(statement)
        for _ in 0..<2500 {
            if let mark = try seen().dropFirst(before).first { return Double(mark - start) / 1e6 }
            try await Task.sleep(for: .milliseconds(4))
        }
        throw Failure("no_mark", "no worker took the row within ten seconds, or it leaves no mark in \(marks)")
    }

    private func seen() throws -> [Int64] {
        guard let text = try? String(contentsOfFile: marks, encoding: .utf8) else { return [] }  // Not there yet.
        return text.split(separator: "\n").compactMap { Int64($0) }
    }
}

/// What one row waits at least: a notification on its way to a listener, and nothing else.
enum NotifyFloor {
    static func sample(_ count: Int) async throws -> [Double] {
        let database = benchDatabase()
        let notify = Statement("notify", try String(contentsOfFile: "sql/bench/notify.sql", encoding: .utf8))
        var heard = Listener(database: database, channels: ["bench"]).events().makeAsyncIterator()
        while await heard.next() != .listening {}
        var times: [Double] = []
        for _ in 0..<count {
            let start = monotonicNanoseconds()
            async let sent = database.run(notify)
            _ = await heard.next()
            times.append(Double(monotonicNanoseconds() - start) / 1e6)
            _ = try await sent
            try await Task.sleep(for: pause())
        }
        return times
    }
}

/// Between two rows, so that the worker is idle again.
func pause() -> Duration { .milliseconds(Int.random(in: 60...120)) }
