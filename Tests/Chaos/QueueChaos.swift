import ArgumentParser
import Foundation
import TestSupport

/// Runs the queue on a PostgreSQL of its own with many workers, breaks things at random for a while, and then reads
/// the whole history for anything that must not be in it. Everything random comes from the seed.
@main
struct QueueChaos: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "queue-chaos",
        abstract: "Workers on one queue, killed, stopped and cut off from their database at random; then a check.",
        subcommands: [ChaosRunCommand.self, ChaosWorkerCommand.self], defaultSubcommand: ChaosRunCommand.self)
}

struct ChaosRunCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "run", abstract: "Run it.")

    @Option(help: "How long things are broken, in seconds; what is left to do afterwards comes on top.")
    var seconds = 120
    @Option(help: "Repeats the schedule of an earlier run.")
    var seed: UInt64?
    @Option(help: "How many workers, one number for each part of the time.")
    var workers = "2,8,32"

    func validate() throws {
        guard seconds > 0 else { throw ValidationError("--seconds must be at least 1") }
        guard !fleets.isEmpty, fleets.allSatisfy({ (1...64).contains($0) }) else {
            throw ValidationError("--workers takes numbers from 1 to 64, as in 2,8,32")
        }
    }

    private var fleets: [Int] { workers.split(separator: ",").map { Int($0) ?? 0 } }

    func run() async throws {
        let seed = seed ?? UInt64.random(in: 0..<1_000_000)
        let plan = ChaosPlan(seed: seed, seconds: seconds, fleets: fleets)
        say("chaos: seed \(seed), \(seconds) s, \(workers) workers; repeat with SEED=\(seed) SECONDS=\(seconds)")
        let report = try await ChaosRun.run(plan)
        say(report.text)
        if !report.anomalies.isEmpty { throw ExitCode(1) }
    }
}
