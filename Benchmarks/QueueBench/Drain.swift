import DB
import Failures
import Foundation
import Logging
import ServiceLifecycle
import Synchronization

/// From the worker's start until every row has its outcome and none is left in the queue.
struct Drain {
    let rows: Int
    let concurrency: Int

    /// Seconds until the last handler was called, and until the database said that nothing is left.
    func run() async throws -> String {
        let reached = Counter()
        let service = try BenchWorker(concurrency: concurrency, marks: nil, started: { reached.add() }).service()
        let group = ServiceGroup(
            configuration: .init(services: [.init(service: service)], logger: Logger(label: "bench")))
        let start = ContinuousClock.now
        return try await withThrowingTaskGroup(of: String?.self) { tasks in
            tasks.addTask {
                try await group.run()
                return nil
            }
            tasks.addTask {
                while reached.value < rows { try await Task.sleep(for: .milliseconds(2)) }
                let handled = (ContinuousClock.now - start) / .seconds(1)
                try await untilNothingIsLeft()
                let ended = (ContinuousClock.now - start) / .seconds(1)
                await group.triggerGracefulShutdown()
                return "\(handled) \(ended)"
            }
            var times: String?
            for try await result in tasks { times = result ?? times }
            guard let times else { throw Failure("stopped", "the worker stopped before it had run all rows") }
            return times
        }
    }

    private func untilNothingIsLeft() async throws {
        let database = benchDatabase(connections: 1)
        let left = Statement("rows left", try String(contentsOfFile: "sql/bench/rows_left.sql", encoding: .utf8))
        while try await database.run(left)[0].get("rows", as: Int.self) > 0 {
            try await Task.sleep(for: .milliseconds(2))
        }
    }
}

/// Counts from many threads.
final class Counter: Sendable {
    private let count = Atomic(0)
    var value: Int { count.load(ordering: .relaxed) }
    func add() { count.add(1, ordering: .relaxed) }
}
