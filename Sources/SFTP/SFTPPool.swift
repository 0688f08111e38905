public import Execution
import Failures
import Synchronization

/// Lends connections to one server, first come first served, and keeps them for a while afterwards.
public actor SFTPPool {
    private let server: ServerAddress
    private let size: Int
    private var idle: [SFTPConnection] = []
    /// Lent or just being opened.
    private var busy = 0
    /// Below `size` for a while after the server has refused another connection beside those that it had.
    private var limit: Int
    private var limitedUntil = ContinuousClock.now
    private var waiting: [(ticket: UInt64, lender: CheckedContinuation<SFTPConnection?, any Error>)] = []
    private var lastTicket: UInt64 = 0
    private var lastReturn = ContinuousClock.now
    private var isSweeping = false
    private let queueLength = Atomic(0)

    /// After this long without a sign of life a connection is lost.
    public static let silenceLimit = SSHSession.silenceLimit
    /// How long connections are kept that nobody uses.
    private static let idleTime = Duration.seconds(60)

    /// - Parameter size: how many connections at most.
    public init(_ server: ServerAddress, size: Int) {
        self.server = server
        self.size = size
        limit = size
    }

    /// True while somebody waits for a connection: who has more than one gives some back.
    public nonisolated var isWanted: Bool { queueLength.load(ordering: .relaxed) > 0 }

    /// Lends an open connection for as long as `body` runs.
    /// - Throws: what opening throws (see ``SSHSession``), what `body` throws, `CancellationError`.
    public func lend<Answer: Sendable>(
        _ interruption: Interruption, _ body: @Sendable (SFTPConnection) async throws -> Answer
    ) async throws -> Answer {
        try await use(borrow(interruption), body)
    }

    /// The same where a connection can be had without waiting for others; nil where not.
    public func lendIfFree<Answer: Sendable>(
        _ interruption: Interruption, _ body: @Sendable (SFTPConnection) async throws -> Answer
    ) async throws -> Answer? {
        guard waiting.isEmpty else { return nil }
        if let connection = takeIdle() { return try await use(connection, body) }
        guard busy < currentLimit, let opened = try await open(interruption) else { return nil }
        return try await use(opened, body)
    }

    private func use<Answer: Sendable>(
        _ connection: SFTPConnection, _ body: @Sendable (SFTPConnection) async throws -> Answer
    ) async throws -> Answer {
        do {
            let answer = try await body(connection)
            await takeBack(connection)
            return answer
        } catch {
            await takeBack(connection)
            throw error
        }
    }

    private func takeIdle() -> SFTPConnection? {
        guard let connection = idle.popLast() else { return nil }
        busy += 1
        return connection
    }

    private func borrow(_ interruption: Interruption) async throws -> SFTPConnection {
        while true {
            if let connection = takeIdle() { return connection }
            if busy < currentLimit {
                if let connection = try await open(interruption) { return connection }
            } else if let connection = try await wait() {
                // It was busy and goes on being so.
                return connection
            }
        }
    }

    /// Nil where the server refuses one more beside those that it has: then one of those has to do.
    private func open(_ interruption: Interruption) async throws -> SFTPConnection? {
        busy += 1
        let connection = SFTPConnection(server)
        do {
            try await connection.connect(interruption)
            return connection
        } catch {
            busy -= 1
            let others = busy + idle.count
            guard Failure(error).isRefusal, others > 0 else {
                if error is CancellationError { wakeOne() } else { failAll(error) }
                throw error
            }
            limit = others
            limitedUntil = .now + .seconds(60)
            return nil
        }
    }

    private var currentLimit: Int {
        if limit < size, limitedUntil < .now { limit = size }
        return limit
    }

    // MARK: Waiting

    private func wait() async throws -> SFTPConnection? {
        lastTicket += 1
        let ticket = lastTicket
        queueLength.add(1, ordering: .relaxed)
        defer { queueLength.subtract(1, ordering: .relaxed) }
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { waiting.append((ticket, $0)) }
        } onCancel: {
            Task { await self.abandon(ticket) }
        }
    }

    private func abandon(_ ticket: UInt64) {
        guard let place = waiting.firstIndex(where: { $0.ticket == ticket }) else { return }
        waiting.remove(at: place).lender.resume(throwing: CancellationError())
    }

    /// There is room for another connection.
    private func wakeOne() {
        if !waiting.isEmpty { waiting.removeFirst().lender.resume(returning: nil) }
    }

    /// Who waits would only find out the same, one after the other.
    private func failAll(_ error: any Error) {
        let all = waiting
        waiting = []
        for waiter in all { waiter.lender.resume(throwing: error) }
    }

    // MARK: Coming back

    private func takeBack(_ connection: SFTPConnection) async {
        let isOpen = await connection.isOpen
        lastReturn = .now
        guard isOpen else {
            // Those that lie idle were heard of even longer ago.
            idle = []
            busy -= 1
            return wakeOne()
        }
        if waiting.isEmpty {
            busy -= 1
            idle.append(connection)
            sweepLater()
        } else {
            waiting.removeFirst().lender.resume(returning: connection)
        }
    }

    private func sweepLater() {
        guard !isSweeping else { return }
        isSweeping = true
        Task { [weak self] in
            try? await Task.sleep(for: Self.idleTime)  // one that is canceled only sweeps early
            await self?.sweep()
        }
    }

    private func sweep() async {
        isSweeping = false
        if lastReturn + Self.idleTime < .now {
            await close()
        } else if !idle.isEmpty {
            sweepLater()
        }
    }

    /// Closes the connections that nobody uses.
    public func close() async {
        let old = idle
        idle = []
        for connection in old { await connection.close() }
    }
}
