import Foundation

/// One thread's part in work that comes in numbered pieces. Used by one thread at a time.
protocol PieceWorker: AnyObject, Sendable {
    func work(on piece: Int) throws
}

/// Hands numbered pieces of work to several threads, in order, until none is left or one has failed.
final class ParallelWork: @unchecked Sendable {
    private let count: Int
    // All that follows is only touched with this lock.
    private let condition = NSCondition()
    private var next = 0
    private var done = 0
    private var running = 0
    private var failure: (any Error)?

    private init(count: Int) { self.count = count }

    /// The workers that so many pieces are worth.
    /// - Parameter most: for the sake of memory.
    static func workerCount(for pieces: Int, most: Int) -> Int {
        max(1, min(pieces, most, ProcessInfo.processInfo.activeProcessorCount))
    }

    /// Does all pieces, each worker on a thread of its own, and returns when all threads have ended.
    /// - Parameter progress: 0…1, monotone, on the calling thread.
    /// - Throws: what the first piece that failed threw; pieces that were begun by then are finished.
    static func run(_ count: Int, by workers: [any PieceWorker], _ progress: (Double) -> Void) throws {
        let work = ParallelWork(count: count)
        work.running = workers.count
        for worker in workers { Thread.detachNewThread { work.takePieces(worker) } }
        var reported = 0
        while let done = work.waitForMore(than: reported) {
            reported = done
            progress(Double(done) / Double(max(1, count)))
        }
        if let failure = work.condition.withLock({ work.failure }) { throw failure }
    }

    private func takePieces(_ worker: any PieceWorker) {
        while let piece = take() {
            let result = Result { try worker.work(on: piece) }
            condition.withLock {
                if case .failure(let error) = result { failure = failure ?? error } else { done += 1 }
                condition.signal()
            }
        }
        condition.withLock {
            running -= 1
            condition.signal()
        }
    }

    private func take() -> Int? {
        condition.withLock {
            guard failure == nil, next < count else { return nil }
            defer { next += 1 }
            return next
        }
    }

    /// - Returns: how many pieces are done once that is more; nil when all threads have ended.
    private func waitForMore(than seen: Int) -> Int? {
        condition.withLock {
            while done == seen, running > 0 { condition.wait() }
            return done > seen ? done : nil
        }
    }
}
