import ArgumentParser
import DB

struct DrainCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "drain",
        abstract: "Stop one worker from claiming. What it runs goes on, and it stays drained over restarts.")

    @Argument(help: "The worker's name, as deadtrees workers lists it.")
    var name: String
    @Flag(help: "Let it claim again.")
    var off = false

    func run() async throws {
        try await Environment().queue().drain(name, !off)
        print(off ? "worker \(name) claims again" : "worker \(name) claims nothing more")
    }
}
