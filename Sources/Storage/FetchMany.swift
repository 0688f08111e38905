import Synchronization

extension Storage {
    /// Fetches files side by side, as many at a time as is best, and ends with the first that fails.
    /// - Parameters:
    ///   - files: each with the path on this host that it gets, whose folder exists.
    ///   - progress: of all files together.
    public func fetch(
        _ files: [(file: StoredFile, target: String)], progress: @escaping TransferReport
    ) async throws {
        let sum = Sum(total: files.reduce(0) { $0 + $1.file.bytes }, report: progress)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for (index, (file, target)) in files.enumerated() {
                if index >= width { try await group.next() }
                group.addTask {
                    try await fetch(file.path, to: target) { sum.set(index, to: $0.doneBytes) }
                }
            }
            try await group.waitForAll()
        }
    }
}

/// How far several transfers are together.
private final class Sum: Sendable {
    private let parts = Mutex<[Int: Int64]>([:])
    private let total: Int64
    private let report: TransferReport

    init(total: Int64, report: @escaping TransferReport) {
        self.total = total
        self.report = report
    }

    /// Reports within the lock, so that what is told last is what is true last.
    func set(_ index: Int, to bytes: Int64) {
        parts.withLock { parts in
            parts[index] = bytes
            report(TransferProgress(doneBytes: parts.values.reduce(0, +), totalBytes: total))
        }
    }
}
