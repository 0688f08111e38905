import ArgumentParser
import DB

/// What `add` and `requeue` print: the row's id alone, so that scripts can read it.
struct QueuedRow: Encodable {
    let queueID: Int64
    let datasetID: Int64

    func show(_ json: JSONOption) throws {
        if json.isOn { return try Output.json(self) }
        print(queueID)
    }
}

extension QueueCommand {
    struct Add: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Put a row into the queue, as the dataset's owner, and print its id.")

        @Argument(help: "Dataset id.")
        var dataset: Int64
        @Argument(help: ArgumentHelp("Task types.", valueName: "type"))
        var types: [String]
        @Option(help: "Higher goes first.")
        var priority: Int16 = 2
        @OptionGroup var json: JSONOption

        func validate() throws {
            guard !types.isEmpty else { throw ValidationError("name at least one task type, such as geotiff") }
        }

        func run() async throws {
            let queue = try Environment().queue()
            let id = try await queue.add(dataset, taskTypes: QueueCommand.names(types), priority: priority)
            try QueuedRow(queueID: id, datasetID: dataset).show(json)
        }
    }

    struct Requeue: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Queue a dataset again, and print the row's id.",
            discussion: """
                Without task types: those of its last request that failed or never ran. A row of the dataset that still \
                waits is replaced.
                """)

        @Argument(help: "Dataset id.")
        var dataset: Int64
        @Argument(help: ArgumentHelp("Task types (default: what failed or never ran).", valueName: "type"))
        var types: [String] = []
        @Option(help: "Higher goes first.")
        var priority: Int16 = 2
        @OptionGroup var json: JSONOption

        func run() async throws {
            let queue = try Environment().queue()
            let names = types.isEmpty ? nil : QueueCommand.names(types)
            let id = try await queue.requeue(dataset, taskTypes: names, priority: priority)
            try QueuedRow(queueID: id, datasetID: dataset).show(json)
        }
    }
}
