import DB
import Logging
import Tasks

/// Removes scratch folders that no attempt will have use for any more: of rows that have left the queue.
struct ScratchSweep: Sendable {
    let queue: JobQueue
    let folder: String
    let logger: Logger
    /// Between two sweeps.
    var interval = Duration.seconds(600)

    func run() async {
        while !Task.isCancelled {
            await sweep()
            try? await Task.sleep(for: interval)  // A canceled sleep ends the loop.
        }
    }

    private func sweep() async {
        do {
            // Folders first: a row that is claimed after this look is not among them.
            let found = try ScratchFolder.queueIDs(in: folder)
            let alive = try await queue.stillInQueue(found.sorted())
            for queueID in found.subtracting(alive) {
                try ScratchFolder.remove(in: folder, queueID: queueID)
                logger.info("removed a left-over scratch folder", metadata: ["queue_id": "\(queueID)"])
            }
        } catch {
            logger.warning("scratch folder could not be swept", metadata: ["error": "\(error)"])
        }
    }
}
