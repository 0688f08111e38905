import Failures
import Foundation
import Glibc
import Settings
import Storage

extension Doctor {
    /// Writes a small file, reads it back, and takes it away again.
    var stored: Probe {
        Probe(name: "storage", advice: "look at STORAGE_URL, and whether this user may write there") {
            let storage = try storage()
            let folder = FileManager.default.temporaryDirectory.appending(path: "deadtrees-doctor-\(UUID().uuidString)")
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: false)
            defer { try? FileManager.default.removeItem(at: folder) }  // the temporary folder is emptied by the system
            let sent = folder.appending(path: "sent")
            let received = folder.appending(path: "received")
            let token = Data(UUID().uuidString.utf8)
            try token.write(to: sent)
            // Hosts that are examined at the same moment must not read each other's.
            let path = try StoragePath("doctor/\(UUID().uuidString)")
            try await storage.store(sent.path, as: path, progress: { _ in })
            try await storage.fetch(path, to: received.path, progress: { _ in })
            try await storage.discard(path)
            guard try Data(contentsOf: received) == token else {
                return .failed("a file came back other than it was written", advice: "have the storage's disk checked")
            }
            guard try await storage.stat(path) == nil else {
                return .failed(
                    "a file could be written but not taken away", advice: "let this user rename and delete files there")
            }
            return .ok("a file was written, read and put into trash/")
        }
    }

    /// Where datasets are worked on: a set of 1,000 photos takes some tens of GiB.
    var scratch: Probe {
        Probe(name: "work folder", advice: "set WORK_DIR to a folder in which this user may write") {
            let folder = settings.worker.workDirectory
            let existing = nearestFolder(of: folder)
            guard isWritable(existing) else {
                return .failed(
                    "this user may not write in \(folder)",
                    advice: "set WORK_DIR to another folder, or give this one to the worker's user")
            }
            let free = try freeBytes(in: existing)
            let place = existing == folder ? folder : "\(folder) (the worker will make it)"
            let found = String(format: "%.1f GiB free in %@", Double(free) / 1_073_741_824, place)
            let advice =
                "free some space there, or set WORK_DIR to a larger disk; a large dataset takes 100 GiB and more"
            if free < 1 << 30 { return .failed(found, advice: advice) }
            return free < 20 << 30 ? .warning(found, advice: advice) : .ok(found)
        }
    }

    /// The folder itself, or the one in which it would be made.
    private func nearestFolder(of path: String) -> String {
        sequence(first: path) { $0 == "/" ? nil : ($0 as NSString).deletingLastPathComponent }
            .first { FileManager.default.fileExists(atPath: $0) } ?? "/"
    }

    /// Tried, and not asked: for root every folder looks writable, also on a disk that is mounted read-only.
    private func isWritable(_ folder: String) -> Bool {
        let probe = "\(folder)/.deadtrees-doctor-\(UUID().uuidString)"
        guard mkdir(probe, 0o700) == 0 else { return false }
        rmdir(probe)
        return true
    }

    private func freeBytes(in folder: String) throws -> UInt64 {
        var space = statvfs()
        guard statvfs(folder, &space) == 0 else {
            throw Failure(
                "work_folder_failed", "could not look at the work folder's disk: \(String(cString: strerror(errno)))")
        }
        return UInt64(space.f_bavail) * UInt64(space.f_frsize)
    }
}
