import DB
import Failures
import Foundation
import Logging

/// Measures the queue with the real worker. `scripts/bench` calls it; docs/benchmarks.md holds what it prints.
///
/// Expects `DATABASE_URL` to name a database, migrated where a worker is asked for. Times go to standard output,
/// words to standard error.
@main
struct QueueBench {
    static let usage = """
        usage: queue-bench drain ROWS CONCURRENCY       run all waiting rows: seconds of handlers, seconds to the end
               queue-bench serve MARKS [CONCURRENCY]    a worker that marks each start in a file, until SIGTERM
               queue-bench pick-up SQL MARKS SAMPLES    run SQL's statement, one at a time: milliseconds to the mark
               queue-bench notify SAMPLES               milliseconds from NOTIFY to listener

        """

    static func main() async {
        do {
            try await run(Array(CommandLine.arguments.dropFirst()))
        } catch {
            FileHandle.standardError.write(Data("queue-bench: \(error)\n".utf8))
            exit(1)
        }
    }

    private static func run(_ arguments: [String]) async throws {
        switch (arguments.first, arguments.count) {
        case ("drain", 3):
            let (rows, concurrency) = (try count(arguments[1]), try count(arguments[2]))
            print(try await Drain(rows: rows, concurrency: concurrency).run())
        case ("serve", 2...3):
            let concurrency = arguments.count == 3 ? try count(arguments[2]) : nil
            try await BenchWorker(concurrency: concurrency, marks: arguments[1]).runUntilStopped()
        case ("pick-up", 4):
            let sql = try String(contentsOfFile: arguments[1], encoding: .utf8)
            let pickUp = PickUp(statement: Statement("enqueue", sql), marks: arguments[2])
            for time in try await pickUp.sample(try count(arguments[3])) { print(time) }
        case ("notify", 2):
            for time in try await NotifyFloor.sample(try count(arguments[1])) { print(time) }
        default:
            FileHandle.standardError.write(Data(usage.utf8))
            exit(2)
        }
    }

    private static func count(_ text: String) throws -> Int {
        guard let count = Int(text), count > 0 else {
            throw Failure("usage", "\"\(text)\" should be a whole number above 0")
        }
        return count
    }
}

/// The database that `DATABASE_URL` names.
func benchDatabase(connections: Int = 2) -> Database {
    let url = ProcessInfo.processInfo.environment["DATABASE_URL"] ?? "postgres:///deadtrees"
    var logger = Logger(label: "bench")
    logger.logLevel = .warning
    return Database(url: url, applicationName: "bench", connections: connections, logger: logger)
}

/// Nanoseconds of the clock that all processes of this machine share, whatever language they are written in.
func monotonicNanoseconds() -> Int64 {
    var now = timespec()
    clock_gettime(CLOCK_MONOTONIC, &now)
    return Int64(now.tv_sec) * 1_000_000_000 + Int64(now.tv_nsec)
}
