public import DB
import Failures
import Foundation
import Imagery
import Settings

extension Preflight {
    /// What there is to process the set with.
    public struct Host: Codable, Sendable {
        /// Bytes that ODM's container may use. Nil: not known, nothing is checked.
        public var memory: Int64?
        /// Bytes of disk that must stay free.
        public var diskReserve: Int64
        /// Seconds that a run may take.
        public var timeLimit: Double?
        /// Earlier runs.
        public var history: ODMHistory
        /// Where folders of failed rows are kept, which go first when space is short.
        public var workFolder: String?

        public init(
            memory: Int64? = nil, diskReserve: Int64 = 1 << 30, timeLimit: Duration? = nil,
            history: ODMHistory = ODMHistory(), workFolder: String? = nil
        ) {
            self.memory = memory
            self.diskReserve = diskReserve
            self.timeLimit = timeLimit.map { Double($0.components.seconds) }
            self.history = history
            self.workFolder = workFolder
        }
    }
}

extension ODMOptions {
    /// What preflight measures a set against on this host.
    /// - Throws: `DatabaseError` for anything but a database that does not answer, which is waited for.
    func preflightHost(_ stage: StageContext) async throws -> Preflight.Host {
        let history = try await stage.untilDatabaseAnswers { try await stage.queue.odmHistory(host: host) }
        return Preflight.Host(
            memory: settings.memory.bytes, diskReserve: diskReserve, timeLimit: settings.timeout, history: history,
            workFolder: workFolder)
    }
}

extension Preflight {
    /// Looks at the disk of `folder`, which need not be there yet, before anything is written to it. Where folders of
    /// failed rows take the space, they go.
    /// - Throws: `Failure` with code `disk_too_small` or `files_too_many`, worth a retry.
    func checkDisk(of folder: String, on host: Host) throws(Failure) {
        let needed = Int64(estimate.disk) + host.diskReserve
        if let workFolder = host.workFolder { KeptFolders(in: workFolder).reclaim(until: needed) }
        guard let free = FreeSpace(of: folder) else { return }
        if free.bytes < needed {
            throw .diskTooSmall(needed: estimate.disk, free: free.bytes - host.diskReserve, detail: folder)
        }
        if let files = free.files, files < Int64(estimate.files) {
            throw .tooManyFilesForDisk(needed: estimate.files, free: files, detail: folder)
        }
    }
}

/// Sizes as people read them: of disks in powers of ten, of memory as `ODM_MEMORY` is written.
enum Gigabytes {
    /// `24 GiB`, `2.5 GiB`.
    static func memory(_ bytes: Int) -> String {
        let value = Double(max(0, bytes)) / 1_073_741_824
        return value >= 10
            ? "\(Int(value.rounded())) GiB" : String(format: "%.1f GiB", value).replacing(".0 GiB", with: " GiB")
    }

    /// `41 GB`, `1.5 GB`, `300 MB`.
    static func text(_ bytes: Int) -> String {
        let value = Double(max(0, bytes)) / 1e9
        if value >= 10 { return "\(Int(value.rounded())) GB" }
        if value >= 0.95 { return String(format: "%.1f GB", value).replacing(".0 GB", with: " GB") }
        return "\(Int((value * 1000).rounded())) MB"
    }
}
