public import Execution

/// One connection to the server, on a thread of its own, opened when it is first needed and again after it broke.
public actor SFTPConnection {
    private nonisolated let executor = QueueExecutor(label: "deadtrees.sftp")
    public nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }
    private let server: ServerAddress
    private var session: SFTPSession?

    init(_ server: ServerAddress) {
        self.server = server
    }

    /// Runs `body` with an open session. One that broke is dropped, so that the next call starts afresh; the error of
    /// this one is the caller's to judge.
    public func perform<Answer: Sendable>(
        _ interruption: Interruption, _ body: @Sendable (SFTPSession) throws -> Answer
    ) throws -> Answer {
        let session = try open(interruption)
        defer { if !session.isUsable { self.session = nil } }
        return try body(session)
    }

    var isOpen: Bool { session?.isOpen ?? false }

    func close() { session = nil }

    @discardableResult
    private func open(_ interruption: Interruption) throws -> SFTPSession {
        try interruption.check()
        if let session, session.isOpen {
            session.ssh.interruption = interruption
            return session
        }
        // The old one goes first: a server that allows only so many counts both.
        session = nil
        let opened = try SFTPSession(server, interruption)
        session = opened
        return opened
    }

    /// Opens it where it is not. - Throws: see ``SSHSession``; `Failure` `storage_refused`.
    func connect(_ interruption: Interruption) throws { try open(interruption) }
}
