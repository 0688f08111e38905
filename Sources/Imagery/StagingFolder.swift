import Failures
import Foundation

/// Where files are written before they appear; removed with all its contents unless published.
final class StagingFolder {
    private let target: String
    private let isNew: Bool
    private var staging: String { target + "/.unpacking" }

    /// Makes the folder `target` where it is missing, and the place for the files in it.
    init(in target: String) throws(Failure) {
        guard access(target + "/images", F_OK) != 0 else { throw .alreadyUnpacked(target) }
        self.target = target
        isNew = access(target, F_OK) != 0
        do {
            // What a killed run left behind.
            if access(staging, F_OK) == 0 { try FileManager.default.removeItem(atPath: staging) }
            try FileManager.default.createDirectory(atPath: staging + "/images", withIntermediateDirectories: true)
        } catch {
            throw .unpackFailed("the folder for the photos", detail: "\(error)")
        }
    }

    deinit {
        try? FileManager.default.removeItem(atPath: staging)  // nobody is left to tell; the next run removes it too
        // Fails, as it should, when there is something in it.
        if isNew { rmdir(target) }
    }

    func path(_ relative: String) -> String { staging + "/" + relative }

    /// Throws `disk_full` when `bytes` and the reserve are more than what is free.
    func checkSpace(for bytes: Int, reserve: Int) throws(Failure) {
        var disk = statvfs()
        // A file system that does not tell its free space is found full by writing to it.
        guard statvfs(target, &disk) == 0 else { return }
        let free = Int(clamping: UInt64(disk.f_bavail) * UInt64(disk.f_frsize))
        if bytes > free - reserve { throw .diskFull(needed: bytes + reserve, free: free) }
    }

    /// Moves the named files, then `images`, to their final places.
    func publish(_ files: [String]) throws(Failure) {
        var moved: [String] = []
        for name in files + ["images"] {
            guard rename(staging + "/" + name, target + "/" + name) == 0 else {
                let reason = errnoText()
                for name in moved { unlink(target + "/" + name) }
                throw .unpackFailed(name, detail: "rename: \(reason)")
            }
            moved.append(name)
        }
    }
}
