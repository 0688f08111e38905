import ArgumentParser
import DB

struct WorkersCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "workers", abstract: "Who is alive, and what each runs.")

    @OptionGroup var json: JSONOption

    func run() async throws {
        let listing = try await Environment().queue().workers()
        if json.isOn { return try Output.json(listing) }
        guard !listing.workers.isEmpty else {
            return print("no worker has ever registered; deadtrees worker starts one")
        }
        Output.table(
            ["name", "host", "version", "state", "heartbeat", "watchdog", "running"],
            listing.workers.map { worker in
                [
                    worker.name, worker.host, worker.version,
                    state(worker),
                    Output.moment(worker.heartbeatAt, readAt: listing.readAt),
                    worker.watchdogAt.map { "looked \(Output.age($0, readAt: listing.readAt)) ago" }, running(worker),
                ]
            })
    }

    private func state(_ worker: WorkerReading) -> String {
        var words = [worker.state]
        if worker.isDrained && worker.state == "stopped" { words.append("drained") }
        if let note = worker.note, worker.state == "stopped", note.hasPrefix("evicted") { words.append(note) }
        if worker.state != "stopped" && !worker.isAlive { words.append("silent") }
        if let refuses = worker.refuses, worker.isAlive { words.append("claims nothing: \(refuses)") }
        if let refuses = worker.refusesODM, worker.isAlive { words.append("no ODM: \(refuses)") }
        return words.joined(separator: ", ")
    }

    private func running(_ worker: WorkerReading) -> String? {
        guard !worker.running.isEmpty else { return nil }
        return worker.running.map { job in
            let stage = Output.stage(job.stage, progress: job.progress, note: job.note)
            return "row \(job.queueID) (dataset \(job.datasetID)): \(stage)"
        }.joined(separator: "; ")
    }
}
