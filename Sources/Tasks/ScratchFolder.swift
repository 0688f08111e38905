import Failures
import Foundation

/// The folder in which one attempt of one queue row works: `WORK_DIR/{queue_id}-{attempt}`.
public struct ScratchFolder: Sendable {
    public let path: String

    /// Makes the folder.
    /// - Throws: `Failure` with code `no_scratch`, worth a retry: a full or read-only disk gets better.
    public init(in workFolder: String, queueID: Int64, attempt: Int) throws {
        path = "\(workFolder)/\(queueID)-\(attempt)"
        try Self.make(path)
    }

    /// A path within the folder.
    public func file(_ name: String) -> String { "\(path)/\(name)" }

    /// Makes a folder within the folder, and returns its path.
    public func folder(_ name: String) throws -> String {
        try Self.make(file(name))
        return file(name)
    }

    public func has(_ name: String) -> Bool { FileManager.default.fileExists(atPath: file(name)) }

    /// Removes a row's scratch folders of all attempts.
    public static func remove(in workFolder: String, queueID: Int64) throws {
        for name in try names(in: workFolder) where name.hasPrefix("\(queueID)-") {
            try FileManager.default.removeItem(atPath: "\(workFolder)/\(name)")
        }
    }

    /// The queue ids that have scratch folders on this host.
    public static func queueIDs(in workFolder: String) throws -> Set<Int64> {
        Set(try names(in: workFolder).compactMap { Int64($0.prefix { $0 != "-" }) })
    }

    /// Only names that this type makes: whatever else lies in the folder is not ours to touch.
    private static func names(in workFolder: String) throws -> [String] {
        guard FileManager.default.fileExists(atPath: workFolder) else { return [] }
        return try FileManager.default.contentsOfDirectory(atPath: workFolder).filter {
            $0.wholeMatch(of: /[0-9]+-[0-9]+/) != nil
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
