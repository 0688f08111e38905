public import DB
import Failures
import Foundation

/// Keeps a stage's result in the scratch folder before the database hears of it: a result that took a day outlives a
/// database that is away and a worker that dies between the stage's end and its bookkeeping.
public struct StageJournal: Sendable {
    private let scratch: ScratchFolder

    public init(_ scratch: ScratchFolder) {
        self.scratch = scratch
    }

    /// Writes the result so that it outlives a power cut, too. One that says nothing is not worth a file.
    public func write(_ result: StageResult, of type: TaskType) throws {
        guard !result.isEmpty else { return }
        let path = try scratch.make().file(Self.fileName(type))
        do {
            try JSONEncoder().encode(result).write(to: URL(fileURLWithPath: path), options: .atomic)
            try Self.flush(path)
            try Self.flush(scratch.path)
        } catch {
            throw Failure(
                "no_scratch",
                "the worker could not note the stage's result in its scratch folder; its disk may be full",
                detail: "\(path): \(error)", retry: .later)
        }
    }

    /// What the attempt before this one noted of the stage on this host, and died before the database had it.
    /// Only of that one: a later attempt elsewhere may have changed what an older note speaks of.
    public func earlierResult(of type: TaskType) -> StageResult? {
        guard let before = scratch.previousAttempt,
            let data = FileManager.default.contents(atPath: "\(before)/\(Self.fileName(type))")
        else { return nil }
        // A note that cannot be read was cut short: the stage runs again.
        return try? JSONDecoder().decode(StageResult.self, from: data)  // see above
    }

    /// Removes what was noted in the folder, of all stages.
    static func remove(from folder: String) throws {
        guard let names = try? FileManager.default.contentsOfDirectory(atPath: folder) else { return }  // none is there
        for name in names where name.hasSuffix(suffix) {
            try FileManager.default.removeItem(atPath: "\(folder)/\(name)")
        }
    }

    private static let suffix = ".result.json"
    static func fileName(_ type: TaskType) -> String { "\(type)\(suffix)" }

    private static func flush(_ path: String) throws {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        defer { close(descriptor) }
        guard descriptor >= 0, fsync(descriptor) == 0 else { throw POSIXError(.init(rawValue: errno) ?? .EIO) }
    }
}
