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
            ["name", "host", "version", "state", "heartbeat", "running"],
            listing.workers.map { worker in
                [
                    worker.name, worker.host, worker.version,
                    worker.isSilent ? "\(worker.state), silent" : worker.state,
                    Output.moment(worker.heartbeatAt, readAt: listing.readAt), running(worker),
                ]
            })
    }

    private func running(_ worker: WorkerReading) -> String? {
        guard !worker.running.isEmpty else { return nil }
        return worker.running.map { job in
            let stage = Output.stage(job.stage, progress: job.progress, note: job.note)
            return "row \(job.queueID) (dataset \(job.datasetID)): \(stage)"
        }.joined(separator: "; ")
    }
}
