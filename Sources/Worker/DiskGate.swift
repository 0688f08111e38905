import Glibc
import Synchronization

/// Watches the free space of the scratch folder.
final class DiskGate: Sendable {
    private let folder: String
    private let reserve: Int64
    private let last = Mutex<String?>(nil)

    /// - Parameter reserve: in bytes; 0 never refuses.
    init(folder: String, reserve: Int64) {
        self.folder = folder
        self.reserve = reserve
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
        var system = statvfs()
        // A folder that is not there yet will be made; one that cannot be looked at is the stage's to complain about.
        guard statvfs(folder, &system) == 0 else { return nil }
        let free = Int64(system.f_bavail) * Int64(system.f_frsize)
        guard free < reserve else { return nil }
        return "\(folder) has \(free >> 20) MiB of free space, and DISK_RESERVE asks for \(reserve >> 20) MiB"
    }
}
