import DB
import Failures

/// Writes the ends of stages, many at a time: what arrives while one transaction commits goes into the next together.
/// An end that comes alone waits for nobody.
actor Ledger {
    private struct Entry {
        let end: StageEnd
        let written: CheckedContinuation<Void, any Error>
    }

    private let queue: JobQueue
    private var waiting: [Entry] = []
    private var writers = 0
    /// Transactions at a time: while one waits for the disk, the next is made ready.
    private static let mostWriters = 2
    /// Of one transaction: so many rows are locked together, and written again when one of them is refused.
    private static let largestBatch = 500

    init(_ queue: JobQueue) {
        self.queue = queue
    }

    /// Returns when the end is in the database.
    /// - Throws: `Failure` with code `lease_lost`, or the refusal of the end's records; `DatabaseError` when the
    ///   database did not answer, after which it may or may not have been written.
    func complete(_ end: StageEnd) async throws {
        try await withCheckedThrowingContinuation { continuation in
            waiting.append(Entry(end: end, written: continuation))
            guard writers < Self.mostWriters else { return }
            writers += 1
            Task { await writeAll() }
        }
    }

    private func writeAll() async {
        while !waiting.isEmpty {
            let batch = Array(waiting.prefix(Self.largestBatch))
            waiting.removeFirst(batch.count)
            await write(batch)
        }
        writers -= 1
    }

    private func write(_ batch: [Entry]) async {
        do {
            let failures = try await queue.complete(batch.map(\.end))
            for entry in batch {
                entry.written.resume(with: failures[entry.end.token.queueID].map { .failure($0) } ?? .success(()))
            }
        } catch let error as DatabaseError where batch.count > 1 && !error.isConnectionLoss && !error.isContention {
            // One of them cannot be written: that is no reason for the others.
            for entry in batch { await write([entry]) }
        } catch {
            for entry in batch { entry.written.resume(throwing: error) }
        }
    }
}
