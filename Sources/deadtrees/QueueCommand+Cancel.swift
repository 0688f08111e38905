import ArgumentParser
import DB

extension QueueCommand {
    struct Cancel: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Stop a row's work, container included, or take it out of the queue while it waits.")

        private struct Canceled: Encodable {
            let queueID: Int64
            let wasRunning: Bool
        }

        @Argument(help: "Queue id.")
        var id: Int64
        @OptionGroup var json: JSONOption

        func run() async throws {
            let wasRunning = try await Environment().queue().requestCancel(id)
            if json.isOn { return try Output.json(Canceled(queueID: id, wasRunning: wasRunning)) }
            print(wasRunning ? "queue row \(id) is being stopped" : "queue row \(id) was taken out of the queue")
        }
    }
}
