import ArgumentParser
import Foundation

struct QueueCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "queue",
        abstract: "What waits, what runs, and why; put rows in, take them out.",
        subcommands: [
            List.self, Show.self, Add.self, Requeue.self, Cancel.self, Pause.self, Resume.self, History.self,
        ])

    /// Task types as people type them: apart, or joined by commas.
    static func names(_ words: [String]) -> [String] {
        words.flatMap { $0.split(separator: ",") }.map { $0.trimmingCharacters(in: .whitespaces) }
    }
}

/// What several subcommands take.
struct JSONOption: ParsableArguments {
    @Flag(name: .customLong("json"), help: "Print JSON.")
    var isOn = false
}
