/// Lends connections, first come first served.
actor ConnectionPool {
    private var idle: [Connection]
    private var isClosed = false
    private var waiting: [CheckedContinuation<Connection, Never>] = []

    init(size: Int, make: () -> Connection) {
        idle = (0..<max(1, size)).map { _ in make() }
    }

    func withConnection<Result: Sendable>(
        _ body: @Sendable (Connection) async throws -> Result
    ) async throws -> Result {
        let connection = await borrow()
        do {
            let result = try await body(connection)
            await giveBack(connection)
            return result
        } catch {
            await giveBack(connection)
            throw error
        }
    }

    func close() async {
        isClosed = true
        for connection in idle { await connection.close() }
    }

    private func borrow() async -> Connection {
        // The last one used is the one most likely to be connected already.
        if let connection = idle.popLast() { return connection }
        return await withCheckedContinuation { waiting.append($0) }
    }

    private func giveBack(_ connection: Connection) async {
        if isClosed { await connection.close() }
        if waiting.isEmpty {
            idle.append(connection)
        } else {
            waiting.removeFirst().resume(returning: connection)
        }
    }
}
