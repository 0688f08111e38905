public import Failures
public import Foundation

/// Scratch folders of rows that failed for good, kept for a while for whoever wants to see what went wrong.
///
/// They keep their names and hold a file that says so. Nothing of theirs is used again: an attempt of the same name
/// empties the folder first, and whoever needs the space takes the oldest.
public struct KeptFolders: Sendable {
    /// What `failed.json` in a kept folder says.
    public struct Mark: Codable, Equatable, Sendable {
        public let failedAt: Date
        public let code: String
        public let sentence: String
    }

    public struct Folder: Equatable, Sendable {
        public let path: String
        public let mark: Mark
    }

    static let markName = "failed.json"
    private let workFolder: String

    public init(in workFolder: String) {
        self.workFolder = workFolder
    }

    /// Keeps the folder of a row's last attempt and removes those of the ones before. A folder without files is not
    /// worth keeping.
    /// - Throws: when it cannot be marked; then it is a left-over like any other.
    public func keep(queueID: Int64, attempt: Int, because failure: Failure, at now: Date = Date()) throws {
        let path = "\(workFolder)/\(queueID)-\(attempt)"
        if attempt > 1 { try ScratchFolder.remove(in: workFolder, queueID: queueID, upTo: attempt - 1) }
        try StageJournal.remove(from: path)
        // Should the row come again, no attempt may take this one's run for its own.
        let end = "\(path)/odm/end.json"
        if unlink(end) != 0 && errno != ENOENT && errno != ENOTDIR { throw POSIXError(.init(rawValue: errno) ?? .EIO) }
        guard Self.hasFiles(path) else {
            return try ScratchFolder.remove(in: workFolder, queueID: queueID, upTo: attempt)
        }
        let mark = Mark(failedAt: now, code: failure.code, sentence: failure.sentence)
        let encoder = JSONEncoder()
        encoder.dateEncodingStrategy = .iso8601
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
        try encoder.encode(mark).write(to: URL(fileURLWithPath: "\(path)/\(Self.markName)"), options: .atomic)
    }

    /// All of them, the oldest first.
    public func all() throws -> [Folder] {
        try ScratchFolder.names(in: workFolder).compactMap { name in
            let path = "\(workFolder)/\(name)"
            return Self.mark(of: path).map { Folder(path: path, mark: $0) }
        }.sorted { ($0.mark.failedAt, $0.path) < ($1.mark.failedAt, $1.path) }
    }

    /// Those that were kept for longer than this.
    public func expired(after time: Duration, now: Date = Date()) throws -> [Folder] {
        let end = now.addingTimeInterval(-Double(time.components.seconds))
        return try all().filter { $0.mark.failedAt <= end }
    }

    /// Removes them, the oldest first, until so many bytes are free. Returns what went.
    @discardableResult
    public func reclaim(until needed: Int64) -> [Folder] {
        // A folder that cannot be read holds nothing that could be removed.
        guard let before = FreeSpace(of: workFolder), before.bytes < needed, let folders = try? all() else { return [] }
        var removed: [Folder] = []
        for folder in folders {
            guard let free = FreeSpace(of: workFolder), free.bytes < needed else { break }
            // Another worker may be at the same; what resists is left to the sweep, which says so.
            let isGone = (try? FileManager.default.removeItem(atPath: folder.path)) != nil  // see above
            if isGone { removed.append(folder) }
        }
        return removed
    }

    static func isKept(_ path: String) -> Bool { access("\(path)/\(markName)", F_OK) == 0 }

    /// Nil where the folder is not marked. A mark that cannot be read is as old as its file.
    private static func mark(of path: String) -> Mark? {
        guard let data = FileManager.default.contents(atPath: "\(path)/\(markName)") else { return nil }
        let decoder = JSONDecoder()
        decoder.dateDecodingStrategy = .iso8601
        if let mark = try? decoder.decode(Mark.self, from: data) { return mark }  // see above
        let attributes = try? FileManager.default.attributesOfItem(atPath: "\(path)/\(markName)")  // gone: very old
        return Mark(failedAt: attributes?[.modificationDate] as? Date ?? .distantPast, code: "", sentence: "")
    }

    private static func hasFiles(_ path: String) -> Bool {
        let all = FileManager.default.enumerator(atPath: path)
        while all?.nextObject() != nil {
            if all?.fileAttributes?[.type] as? FileAttributeType == .typeRegular { return true }
        }
        return false
    }
}
