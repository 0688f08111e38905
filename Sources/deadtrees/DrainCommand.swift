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
        let isAlive = try await Environment().queue().drain(name, !off)
        let claims = off ? "claims again" : "claims nothing more"
        print("worker \(name) \(claims)\(isAlive ? "" : " once it runs: at present it does not")")
    }
}
