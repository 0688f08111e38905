import ArgumentParser
import DB

extension QueueCommand {
    struct History: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "All that was ever done for a dataset, stage by stage, oldest first.")

        @Argument(help: "Dataset id.")
        var dataset: Int64
        @OptionGroup var json: JSONOption

        func run() async throws {
            let history = try await Environment().queue().history(of: dataset)
            if json.isOn { return try Output.json(history) }
            guard !history.runs.isEmpty else { return print("nothing was run for dataset \(dataset) yet") }
            Output.table(
                ["row"] + TaskRunReading.columns,
                history.runs.map { ["\($0.queueID)"] + $0.cells(readAt: history.readAt) })
            Output.warnings(history.warnings)
        }
    }
}
