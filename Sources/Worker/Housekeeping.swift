import DB
import Logging
import Tasks

/// Clears away what workers that died have left: open runs and stranded rows in the database, scratch folders here.
struct Housekeeping: Sendable {
    let queue: JobQueue
    let folder: String
    let logger: Logger
    /// Between two looks at the queue. Of all workers one does the work, at most once a minute.
    var queueInterval = Duration.seconds(120)
    /// Every so many looks at the queue this host's scratch folders are looked at, too.
    var looksPerFolderSweep = 5

    func run() async {
        var looks = 0
        while !Task.isCancelled {
            if looks % looksPerFolderSweep == 0 { await sweepFolder() }
            // Not all workers at the same time.
            try? await Task.sleep(for: queueInterval * Double.random(in: 0.8...1.2))  // A canceled sleep ends the loop.
            guard !Task.isCancelled else { return }
            await sweepQueue()
            looks += 1
        }
    }

    func sweepQueue() async {
        do {
            try await queue.sweep()
        } catch {
            logger.warning("the queue could not be swept", metadata: ["error": "\(error)"])
        }
    }

    /// Removes scratch folders that no attempt will have use for any more: of rows that have left the queue.
    private func sweepFolder() async {
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
