import DB
import TestSupport
import Testing

/// Runs `first` and holds its transaction open until `second` waits for it, or has come through; then both end.
/// Returns what `second` was refused with, if it was.
/// - Parameter meanwhile: runs before they end, and is told whether `second` has come through, and does not wait.
@discardableResult
func race(
    _ test: TestDatabase, _ first: String, _ second: String,
    meanwhile: (_ isPassed: Bool) async throws -> Void = { _ in }
) async throws -> String? {
    let gate = Gate()
    async let one: Void = test.database.transaction { transaction in
        try transaction.script(first, as: "first")
        gate.open()
        gate.waitUntilClosed()
    }
    async let two = runSecond(test, second, gate)
    try await waitUntil("the second transaction waits for the first, or is done") {
        let blocked = try await test.count(
            "pg_stat_activity", "wait_event_type = 'Lock' AND datname = current_database()")
        return blocked > 0 || gate.isPassed
    }
    let result: Result<Void, any Error>
    do { result = .success(try await meanwhile(gate.isPassed)) } catch { result = .failure(error) }
    gate.close()
    try await one
    try result.get()
    return try await two
}

private func runSecond(_ test: TestDatabase, _ sql: String, _ gate: Gate) async throws -> String? {
    await gate.opened()
    defer { gate.pass() }
    do {
        try await test.database.transaction { try $0.script(sql, as: "second") }
        return nil
    } catch let error as DatabaseError {
        return error.message
    }
}
