import DB
import Foundation
import Logging

/// Runs `sql` in a transaction that stays open, with its locks, while `body` runs; then rolls it back.
/// The locks are freed when `body` returns or calls what it is given.
public func whileHolding<Result>(
    _ sql: String, in url: String, _ body: (_ release: @Sendable () -> Void) async throws -> Result
) async throws -> Result {
    let database = Database(url: url, applicationName: "holder", connections: 1, logger: Logger(label: "test"))
    let (isHeld, held) = AsyncStream.makeStream(of: Void.self)
    let released = DispatchSemaphore(value: 0)
    let holder = Task {
        defer { held.finish() }
        try await database.transaction { transaction in
            try transaction.script(sql, as: "hold")
            held.yield()
            // The connection's thread is its own: nobody else waits for it.
            released.wait()
            throw CancellationError()
        }
    }
    // Without a lock there is an error to tell.
    guard await isHeld.first(where: { true }) != nil else {
        try await holder.value
        throw CancellationError()
    }
    do {
        let result = try await body { released.signal() }
        released.signal()
        await end(holder, database)
        return result
    } catch {
        released.signal()
        await end(holder, database)
        throw error
    }
}

/// - Throws: nothing: the transaction always ends with an error, its own when it was not rolled back by us.
private func end(_ holder: Task<Void, any Error>, _ database: Database) async {
    _ = await holder.result
    await database.close()
}
