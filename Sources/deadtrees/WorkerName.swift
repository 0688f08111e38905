import Failures
import Foundation

/// A worker's name, held for as long as this value lives: no two processes on a host run under one name.
///
/// The second worker of a host gets `name-2`, the third `name-3`, so that starting several needs no settings.
final class WorkerName {
    let text: String
    private let descriptor: Int32

    private init(text: String, descriptor: Int32) {
        self.text = text
        self.descriptor = descriptor
    }

    deinit { close(descriptor) }

    /// Takes the first free name. The lock is the kernel's, and ends with the process however it ends.
    static func claim(_ name: String, in workFolder: String) throws -> WorkerName {
        let folder = "\(workFolder)/.workers"
        do {
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        } catch {
            throw Failure(
                "bad_setting", "WORK_DIR is \(workFolder), where this worker may not write", detail: "\(error)")
        }
        for number in 1...256 {
            let candidate = number == 1 ? name : "\(name)-\(number)"
            let descriptor = open("\(folder)/\(candidate).lock", O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
            guard descriptor >= 0 else { continue }
            if flock(descriptor, LOCK_EX | LOCK_NB) == 0 { return WorkerName(text: candidate, descriptor: descriptor) }
            close(descriptor)
        }
        throw Failure("bad_setting", "256 workers named \(name) run on this host already; give this one a WORKER_NAME")
    }
}
