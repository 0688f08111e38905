import ArgumentParser
import DB

extension QueueCommand {
    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "The rows of v2_queue: what runs, then what waits, in the order in which it will be claimed.")

        /// More rows than this are seldom read, and the reason why each waits takes time to find.
        private static let usualLimit = 50

        @Flag(help: "List all rows, not only the first 50.")
        var all = false
        @OptionGroup var json: JSONOption

        func run() async throws {
            let queue = try Environment().queue()
            let listing = try await queue.list(limit: all ? .max : Self.usualLimit)
            if json.isOn { return try Output.json(listing) }
            if let pause = listing.pause {
                let since = Output.moment(pause.pausedAt, readAt: listing.readAt)
                print("the queue is paused by \(pause.pausedBy) since \(since): \(pause.reason)")
            }
            guard !listing.rows.isEmpty else { return print("the queue is empty") }
            Output.table(
                ["#", "row", "dataset", "task types", "priority", "attempt", "age", "state"],
                listing.rows.map { cells($0, listing) })
            let rest = listing.total - listing.rows.count
            if rest > 0 { print("and \(rest) more: --all lists them") }
        }

        private func cells(_ row: QueueEntry, _ listing: QueueListing) -> [String?] {
            [
                row.position.map(String.init), "\(row.queueID)", "\(row.datasetID)",
                row.taskTypes.joined(separator: ","),
                "\(row.priority)", "\(row.attempt)", Output.age(row.createdAt, readAt: listing.readAt),
                row.doing(readAt: listing.readAt),
            ]
        }
    }
}
