import Failures
import Foundation
import Glibc
import Settings
import Storage

extension Doctor {
    /// Over SSH: the server's host key is right, and this host's key gets in.
    var stored: Probe {
        Probe(name: "storage", advice: "look at STORAGE_URL, and at the keys that it takes to get in") {
            let facts = try await storage().facts()
            return .ok("\(facts.place); \(facts.verification)")
        }
    }

    /// Writes a small file, gives it its name, reads it back, and removes it.
    var storedFiles: Probe {
        Probe(name: "storage files", advice: "let the user of STORAGE_URL write, rename and delete there") {
            try await withProbeFile(of: Data(UUID().uuidString.utf8)) { storage, sent, path in
                try await storage.store(sent, as: path, progress: { _ in })
                let renamed = try StoragePath("\(path)-renamed")
                try await storage.rename(path, to: renamed)
                try await storage.fetch(renamed, to: "\(sent)-back", progress: { _ in })
                try await storage.remove(renamed)
                guard FileManager.default.contentsEqual(atPath: sent, andPath: "\(sent)-back") else {
                    return .failed(
                        "a file came back other than it was written", advice: "have the storage's disk checked")
                }
                guard try await storage.stat(renamed) == nil else {
                    return .failed(
                        "a file could be written but not removed", advice: "let this user delete files there")
                }
                return .ok("a file was written, renamed, read and removed")
            }
        }
    }

    var storageSpace: Probe {
        Probe(name: "storage space", advice: "free some space in the storage") {
            guard let free = try await storage().facts().freeBytes else { return .ok("the server does not say") }
            let found = String(format: "%.1f GiB free", Double(free) / 1_073_741_824)
            let advice = "empty trash/, or give the storage a larger disk; a dataset takes 10 GiB and more"
            if free < 1 << 30 { return .failed(found, advice: advice) }
            return free < 50 << 30 ? .warning(found, advice: advice) : .ok(found)
        }
    }

    /// How fast a file of 4 MiB goes there and comes back, with all that a small file costs.
    var storageSpeed: Probe {
        Probe(name: "storage speed", advice: "look at the line to the storage") {
            let bytes = 4 << 20
            // What cannot be compressed, and is not all the same.
            let noise = FileHandle(forReadingAtPath: "/dev/urandom")
            let data = try noise?.read(upToCount: bytes) ?? Data(count: bytes)
            return try await withProbeFile(of: data) { storage, sent, path in
                let start = ContinuousClock.now
                try await storage.store(sent, as: path, progress: { _ in })
                let middle = ContinuousClock.now
                try await storage.fetch(path, to: "\(sent)-back", progress: { _ in })
                let end = ContinuousClock.now
                try await storage.remove(path)
                let rates = [middle - start, end - middle].map { Double(bytes) / 1e6 / ($0 / .seconds(1)) }
                let found = String(format: "%.0f MB/s there, %.0f MB/s back, for a file of 4 MiB", rates[0], rates[1])
                let isSlow = rates.contains { $0 < 2 }
                return isSlow ? .warning(found, advice: "a set of 10 GB takes an hour and more") : .ok(found)
            }
        }
    }

    /// Hands on a local file, and a path in storage that is nobody else's: hosts may be examined at the same moment.
    private func withProbeFile(
        of data: Data, _ body: (_ storage: any Storage, _ sent: String, _ path: StoragePath) async throws -> Finding
    ) async throws -> Finding {
        let folder = FileManager.default.temporaryDirectory.appending(path: "deadtrees-doctor-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: false)
        defer { try? FileManager.default.removeItem(at: folder) }  // the temporary folder is emptied by the system
        let sent = folder.appending(path: "sent")
        try data.write(to: sent)
        return try await body(storage(), sent.path, StoragePath("doctor/\(UUID().uuidString)"))
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
