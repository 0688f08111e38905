import ArgumentParser
import DB
import Failures
import Foundation

struct EvictCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "evict",
        abstract: "Put the rows of a worker that will not come back into the queue again.",
        discussion: """
            A worker that still runs loses the right to write for these rows, what its containers have done so far \
            is lost, and its process stops. To stop one in good order, use drain, or SIGTERM.
            """)

    private struct Evicted: Encodable {
        let worker: String
        let rowsFreed: Int
    }

    @Argument(help: "The worker's name, as deadtrees workers lists it.")
    var name: String
    @Flag(help: "Do not ask.")
    var yes = false
    @OptionGroup var json: JSONOption

    func run() async throws {
        let queue = try Environment().queue()
        if !yes && isatty(STDIN_FILENO) == 1 {
            guard try await confirm(queue) else { throw Failure("not_confirmed", "nothing was done") }
        }
        let freed = try await queue.evict(name)
        if json.isOn { return try Output.json(Evicted(worker: name, rowsFreed: freed)) }
        print("worker \(name) is evicted; \(freed) row(s) are back in the queue")
    }

    private func confirm(_ queue: JobQueue) async throws -> Bool {
        let listing = try await queue.workers()
        guard let worker = listing.workers.first(where: { $0.name == name }) else { return true }
        let heartbeat = Output.moment(worker.heartbeatAt, readAt: listing.readAt)
        let prompt = """
            worker \(name) on \(worker.host) is \(worker.isAlive ? "alive" : "not alive"), last heartbeat \(heartbeat)
            it holds \(worker.running.count) row(s); put them back into the queue? [y/N] 
            """
        // The answer to --json goes to standard output, questions do not.
        FileHandle.standardError.write(Data(prompt.utf8))
        return ["y", "yes"].contains(readLine()?.lowercased())
    }
}
