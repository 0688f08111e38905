import ArgumentParser
import DB
import Foundation

extension QueueCommand {
    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "All that is known of one row, also after it has left the queue.")

        @Argument(help: "Queue id.")
        var id: Int64
        @OptionGroup var json: JSONOption

        func run() async throws {
            let environment = try Environment()
            let timeline = try await environment.queue().timeline(of: id)
            let log = await ODMLog(environment).lastLines(of: timeline)
            if json.isOn { return try Output.json(Shown(timeline: timeline, log: log)) }
            print("queue row \(id) of dataset \(timeline.datasetID)")
            for (name, value) in facts(timeline) {
                print("  \(name.padding(toLength: 12, withPad: " ", startingAt: 0)) \(value)")
            }
            if !timeline.runs.isEmpty {
                print("")
                Output.table(TaskRunReading.columns, timeline.runs.map { $0.cells(readAt: timeline.readAt) })
            }
            if !timeline.odmRuns.isEmpty {
                print("\nODM's containers:")
                Output.table(ODMRunReading.columns, timeline.odmRuns.map { $0.cells(readAt: timeline.readAt) })
            }
            Output.warnings(timeline.warnings)
            if let log {
                print("\nlast lines of ODM's output (\(log.source)):")
                for line in log.lines { print("  \(line)") }
            }
        }

        private func facts(_ timeline: QueueTimeline) -> [(String, String)] {
            let moment = { Output.moment($0, readAt: timeline.readAt) }
            let row: [(String, String?)] = [
                ("state", timeline.entry?.doing(readAt: timeline.readAt) ?? timeline.ended?.words ?? "left the queue"),
                ("task types", timeline.taskTypes.joined(separator: ", ")),
                ("queued", moment(timeline.createdAt)),
                ("finished", timeline.ended.map { moment($0.finishedAt) }),
                ("priority", (timeline.entry?.priority ?? timeline.ended?.priority).map(String.init)),
                ("attempt", (timeline.entry?.attempt ?? timeline.ended?.attempts).map(String.init)),
                ("not before", timeline.entry?.notBefore.map(moment)),
            ]
            return (row + (timeline.lease.map { lease($0, moment) } ?? [])).compactMap { name, value in
                value.map { (name, $0) }
            }
        }

        private func lease(_ lease: LeaseReading, _ moment: (Date) -> String) -> [(String, String?)] {
            [
                ("worker", lease.worker + (lease.host.map { " on \($0)" } ?? "")),
                ("claimed", moment(lease.claimedAt)),
                ("heartbeat", moment(lease.heartbeatAt)),
                ("lease until", moment(lease.leaseUntil)),
                ("gpu slot", lease.gpuSlot),
                ("container", lease.containerID),
                ("deadline", lease.deadlineAt.map(moment)),
                ("cancel", lease.cancelRequestedAt.map { "requested \(moment($0))" }),
            ]
        }
    }

    /// The timeline's keys, and beside them the log.
    private struct Shown: Encodable {
        enum CodingKeys: CodingKey { case log }
        let timeline: QueueTimeline
        let log: ODMLog.Excerpt?

        func encode(to encoder: any Encoder) throws {
            try timeline.encode(to: encoder)
            var container = encoder.container(keyedBy: CodingKeys.self)
            try container.encode(log, forKey: .log)
        }
    }
}
