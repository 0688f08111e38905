import DB
import Foundation
import Logging
import Tasks

/// Clears away what workers that died have left: open runs and stranded rows in the database, scratch folders here.
struct Housekeeping: Sendable {
    let queue: JobQueue
    let folder: String
    /// How long folders of failed rows stay.
    let keepFailed: Duration
    let ownership: FolderOwnership?
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

    /// Removes scratch folders that nobody will have use for any more: of rows that have left the queue, and those that
    /// were kept of failed rows for long enough.
    func sweepFolder() async {
        do {
            for kept in try KeptFolders(in: folder).expired(after: keepFailed) {
                await remove(kept.path, because: "kept of a failed row for long enough")
            }
            // Folders first: a row that is claimed after this look is not among them.
            let found = try ScratchFolder.queueIDs(in: folder)
            let alive = try await queue.stillInQueue(found.sorted())
            for queueID in found.subtracting(alive) {
                for path in try ScratchFolder.folders(in: folder, queueID: queueID) {
                    await remove(path, because: "left over")
                }
            }
        } catch {
            logger.warning("scratch folder could not be swept", metadata: ["error": "\(error)"])
        }
    }

    /// One folder that resists does not keep the others.
    private func remove(_ path: String, because reason: String) async {
        do {
            do {
                try FileManager.default.removeItem(atPath: path)
            } catch CocoaError.fileNoSuchFile {
                // Another worker on this host was faster.
                return
            } catch {
                guard let ownership else { throw error }
                // What ODM wrote belongs to root.
                try await ownership.take(of: path)
                try FileManager.default.removeItem(atPath: path)
            }
            logger.info("removed a scratch folder", metadata: ["folder": "\(path)", "reason": "\(reason)"])
        } catch {
            logger.warning("scratch folder could not be removed", metadata: ["folder": "\(path)", "error": "\(error)"])
        }
    }
}
