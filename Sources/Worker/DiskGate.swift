import Logging
import Synchronization
import Tasks

/// Watches the free space of the scratch folder. What is kept there of failed rows goes before anything is refused.
final class DiskGate: Sendable {
    private let folder: String
    private let reserve: Int64
    private let logger: Logger
    private let last = Mutex<String?>(nil)

    /// - Parameter reserve: in bytes; 0 never refuses.
    init(folder: String, reserve: Int64, logger: Logger) {
        self.folder = folder
        self.reserve = reserve
        self.logger = logger
    }

    /// Why nothing should be claimed, as of the last look.
    var refusal: String? { last.withLock { $0 } }

    /// Looks at the disk. Returns nil when nothing has changed, else the new refusal, which is nil when there is none.
    func look() -> String?? {
        let found = shortage()
        return last.withLock { last in
            guard (found == nil) != (last == nil) else { return nil }
            last = found
            return .some(found)
        }
    }

    private func shortage() -> String? {
        guard reserve > 0 else { return nil }
        for kept in KeptFolders(in: folder).reclaim(until: reserve) {
            logger.warning("removed a failed row's folder for its space", metadata: ["folder": "\(kept.path)"])
        }
        // One that cannot be looked at is the stage's to complain about.
        guard let free = FreeSpace(of: folder)?.bytes, free < reserve else { return nil }
        return "\(folder) has \(free >> 20) MiB of free space, and DISK_RESERVE asks for \(reserve >> 20) MiB"
    }
}
