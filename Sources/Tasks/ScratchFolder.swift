import Failures
import Foundation

/// The folder in which one attempt of one queue row works: `WORK_DIR/{queue_id}-{attempt}`.
public struct ScratchFolder: Sendable {
    public let path: String
    /// The folder of the attempt before this one, where this host has it.
    let previousAttempt: String?

    /// Touches no disk: `make` does.
    public init(in workFolder: String, queueID: Int64, attempt: Int) {
        path = "\(workFolder)/\(queueID)-\(attempt)"
        previousAttempt = attempt > 1 ? "\(workFolder)/\(queueID)-\(attempt - 1)" : nil
    }

    /// Makes the folder, where it is not there yet.
    /// - Throws: `Failure` with code `no_scratch`, worth a retry: a full or read-only disk gets better.
    @discardableResult
    public func make() throws -> ScratchFolder {
        if mkdir(path, 0o755) != 0 {
            // What an earlier life of the row has left for people to look at is in the way of this one.
            if KeptFolders.isKept(path) { try Self.clear(path) }
            try Self.make(path)
        }
        return self
    }

    /// A path within the folder.
    public func file(_ name: String) -> String { "\(path)/\(name)" }

    /// Makes a folder within the folder, and returns its path.
    public func folder(_ name: String) throws -> String {
        try Self.make(file(name))
        return file(name)
    }

    public func has(_ name: String) -> Bool { FileManager.default.fileExists(atPath: file(name)) }

    /// Removes a row's scratch folders of all attempts up to this one.
    public static func remove(in workFolder: String, queueID: Int64, upTo attempt: Int) throws {
        for attempt in 1...max(1, attempt) {
            let path = "\(workFolder)/\(queueID)-\(attempt)"
            // Most are empty by now, or were never here.
            if rmdir(path) != 0 && errno != ENOENT { try FileManager.default.removeItem(atPath: path) }
        }
    }

    /// Frees the disk while the row waits for its next attempt, and keeps what that has use for: the results of
    /// stages that the database may not have.
    /// - Parameter keepingRun: leaves a folder alone in which an ODM run has ended.
    public static func emptyButJournal(
        in workFolder: String, queueID: Int64, attempt: Int, keepingRun: Bool = false
    ) throws {
        let path = "\(workFolder)/\(queueID)-\(attempt)"
        guard FileManager.default.fileExists(atPath: path) else { return }
        if keepingRun, holdsEndedRun(in: workFolder, queueID: queueID, attempt: attempt) { return }
        for name in try FileManager.default.contentsOfDirectory(atPath: path) where !name.hasSuffix(".result.json") {
            try FileManager.default.removeItem(atPath: "\(path)/\(name)")
        }
    }

    /// Whether an ODM run of that attempt is over, and what it has made still lies there.
    public static func holdsEndedRun(in workFolder: String, queueID: Int64, attempt: Int) -> Bool {
        let scratch = ScratchFolder(in: workFolder, queueID: queueID, attempt: attempt)
        return FileManager.default.fileExists(atPath: ODMProject(scratch: scratch.path, datasetID: 0).end)
    }

    /// The paths of a row's scratch folders, but for those that are kept for people to look at.
    public static func folders(in workFolder: String, queueID: Int64) throws -> [String] {
        try names(in: workFolder).filter { $0.hasPrefix("\(queueID)-") }.map { "\(workFolder)/\($0)" }
            .filter { !KeptFolders.isKept($0) }
    }

    /// Removes a row's scratch folders of all attempts, but for those that are kept for people to look at.
    public static func remove(in workFolder: String, queueID: Int64) throws {
        for path in try folders(in: workFolder, queueID: queueID) { try FileManager.default.removeItem(atPath: path) }
    }

    /// The queue ids that have scratch folders on this host, those that are kept for people to look at aside.
    public static func queueIDs(in workFolder: String) throws -> Set<Int64> {
        let names = try names(in: workFolder).filter { !KeptFolders.isKept("\(workFolder)/\($0)") }
        return Set(names.compactMap { Int64($0.prefix { $0 != "-" }) })
    }

    /// Only names that this type makes: whatever else lies in the folder is not ours to touch.
    static func names(in workFolder: String) throws -> [String] {
        guard FileManager.default.fileExists(atPath: workFolder) else { return [] }
        return try FileManager.default.contentsOfDirectory(atPath: workFolder).filter {
            $0.wholeMatch(of: /[0-9]+-[0-9]+/) != nil
        }
    }

    private static func clear(_ path: String) throws {
        do {
            try FileManager.default.removeItem(atPath: path)
        } catch {
            throw Failure(
                "no_scratch", "the worker could not empty its scratch folder of what an earlier attempt left",
                detail: "\(path): \(error)", retry: .later)
        }
    }

    private static func make(_ path: String) throws {
        do {
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        } catch {
            throw Failure(
                "no_scratch", "the worker could not make its scratch folder; its disk may be full",
                detail: "\(path): \(error)", retry: .later)
        }
    }
}
