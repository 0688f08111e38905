import DB
import Failures
import Foundation
import Storage
import Tasks

/// ODM's output as storage has it: of a run that goes on it is two seconds old.
struct StoredLog {
    private let environment: Environment
    private let dataset: Int64
    private let storage: any Storage

    private static let pieceLength = 1 << 20

    init(environment: Environment, dataset: Int64) throws {
        self.environment = environment
        self.dataset = dataset
        storage = try environment.storage()
    }

    /// Hands every line of the newest log to `take`; with `follow` until its run has ended.
    /// - Throws: `Failure` with code `not_found` when there is nothing to read.
    func read(follow: Bool, take: (String) throws -> Void) async throws {
        var path = try await find()
        while path == nil, follow {
            try await Task.sleep(for: .seconds(1))
            path = try await find()
        }
        guard let path else { throw Failure.nothingPrinted(dataset) }
        var lines = LineSplitter()
        var offset: Int64 = 0
        while true {
            // Before the look: what was written until the end is there then.
            let outcome = try await runs().last?.outcome
            let isOver = !follow || outcome != nil
            while case let piece = try await storage.read(path, from: offset, atMost: Self.pieceLength),
                !piece.isEmpty
            {
                offset += Int64(piece.count)
                try lines.feed(piece, take)
            }
            if isOver { return try lines.finish(take) }
            try await Task.sleep(for: .seconds(1))
        }
    }

    func lastLines(of path: StoragePath, _ count: Int) async throws -> [String] {
        let size = try await storage.stat(path)?.bytes ?? 0
        let piece = try await storage.read(path, from: max(0, size - 64 << 10), atMost: 64 << 10)
        var lines: [String] = []
        var splitter = LineSplitter()
        try splitter.feed(piece) { lines.append($0) }
        try splitter.finish { lines.append($0) }
        return lines.suffix(count)
    }

    /// The newest log that is there: not every attempt came so far as to leave one.
    func newest(of runs: [TaskRunReading]) async throws -> StoragePath? {
        for run in runs.reversed() {
            let path = try StoragePath.odmLog(of: run.datasetID, attempt: run.attempt)
            if try await storage.stat(path) != nil { return path }
        }
        return nil
    }

    /// Nil while a run goes on that has printed nothing yet.
    private func find() async throws -> StoragePath? {
        let runs = try await runs()
        // One that was taken up goes on in the log of the attempt that started it.
        if let path = try await newest(of: runs) { return path }
        guard runs.last?.outcome == nil, !runs.isEmpty else { throw Failure.noLog(dataset) }
        return nil
    }

    private func runs() async throws -> [TaskRunReading] {
        try await environment.queue().history(of: dataset).runs.filter(\.isODM)
    }

}

/// Cuts pieces of a file into its lines.
private struct LineSplitter {
    private var rest = Data()

    mutating func feed(_ piece: Data, _ take: (String) throws -> Void) throws {
        var lines = (rest + piece).split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        rest = Data(lines.popLast() ?? Data())
        for line in lines { try take(String(decoding: line, as: UTF8.self)) }
    }

    /// A last line without an end is a line.
    mutating func finish(_ take: (String) throws -> Void) throws {
        if !rest.isEmpty { try take(String(decoding: rest, as: UTF8.self)) }
        rest = Data()
    }
}

extension TaskRunReading {
    var isODM: Bool { taskType == TaskType.odmProcessing.rawValue }
}

extension Failure {
    fileprivate static func noLog(_ dataset: Int64) -> Failure {
        Failure(
            "not_found",
            "there is no output of ODM for dataset \(dataset): it never ran, or its log is not in storage any more")
    }
    fileprivate static func nothingPrinted(_ dataset: Int64) -> Failure {
        Failure(
            "not_found",
            "ODM for dataset \(dataset) has not printed anything yet; deadtrees logs \(dataset) --follow waits for it")
    }
}
