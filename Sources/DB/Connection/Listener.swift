import CLibPQ
import Dispatch
import Execution
import Glibc
import Logging
import Synchronization

/// Hears NOTIFY on a connection and a thread of its own, for as long as its stream is read.
///
/// A notification is a hint and carries no facts: whoever receives an event reads the tables.
public final class Listener: Sendable {
    public enum Event: Sendable, Equatable {
        /// LISTEN is in force, and a notification has come through. Whatever was notified before is unknown: look once.
        case listening
        case notification(channel: String)
        /// The connection broke, or lets no notification through: until `listening` comes again, poll.
        case deaf(reason: String)
    }

    private let url: String
    private let applicationName: String
    private let channels: [String]
    private let logger: Logger
    private let stopped = Atomic(false)
    /// Nobody else's: what comes on it was sent by the test.
    private let selfTestChannel = "v2_test_\(UInt64.random(in: 0...UInt64.max))"

    public init(database: Database, channels: [String]) {
        url = database.url
        applicationName = database.applicationName + " listener"
        logger = database.logger
        self.channels = channels
    }

    /// Starts the thread; it ends, and closes the connection, when the stream is dropped or its task canceled.
    public func events() -> AsyncStream<Event> {
        let (stream, continuation) = AsyncStream.makeStream(of: Event.self, bufferingPolicy: .bufferingNewest(64))
        continuation.onTermination = { _ in self.stopped.store(true, ordering: .relaxed) }
        let queue = DispatchQueue(label: "deadtrees.listener")
        queue.async { self.listenUntilStopped { continuation.yield($0) } }
        return stream
    }

    private func listenUntilStopped(_ report: (Event) -> Void) {
        var backoff = Backoff(first: .milliseconds(100), limit: .seconds(30))
        while !stopped.load(ordering: .relaxed) {
            do {
                let session = try Session(url: url, applicationName: applicationName)
                for channel in channels + [selfTestChannel] { try session.script("LISTEN \(channel)", "listen") }
                try testHearing(session)
                backoff.reset()
                report(.listening)
                try hear(session, report)
            } catch {
                logger.warning("listener lost its connection", metadata: ["error": "\(error)"])
                report(.deaf(reason: "\(error)"))
                waitUnlessStopped(backoff.next())
            }
        }
    }

    /// Behind a pooler that lends its connections by the transaction, LISTEN succeeds and nothing ever arrives: so
    /// a notification is sent from a second session and has to come through.
    private func testHearing(_ session: Session) throws {
        try Session(url: url, applicationName: "\(applicationName) test").script("NOTIFY \(selfTestChannel)", "notify")
        let end = ContinuousClock.now + .seconds(2)
        while ContinuousClock.now < end {
            try waitForInput(session, milliseconds: 100)
            if takeChannels(session).contains(selfTestChannel) { return }
        }
        throw DatabaseError(
            sqlState: nil,
            message: "LISTEN hears nothing: DATABASE_URL has to be a direct or session-pooled connection, not one "
                + "through a transaction pooler",
            operation: "listen")
    }

    /// Waits for the socket and hands on what came; asks the server for a sign of life where it is silent for long,
    /// because a connection can be dead without the kernel knowing.
    private func hear(_ session: Session, _ report: (Event) -> Void) throws {
        var lastSign = ContinuousClock.now
        while !stopped.load(ordering: .relaxed) {
            if try waitForInput(session, milliseconds: 1000) { lastSign = .now }
            if ContinuousClock.now - lastSign >= Self.silence {
                try session.command("SELECT 1", within: .seconds(5))
                lastSign = .now
            }
            // Many notifications of one channel are one reason to look.
            for channel in takeChannels(session) where channel != selfTestChannel {
                report(.notification(channel: channel))
            }
        }
    }

    /// Between two pings. The kernel's keepalives find a dead peer sooner; this is for what answers in its stead.
    private static let silence = Duration.seconds(25)

    /// True when something came.
    @discardableResult
    private func waitForInput(_ session: Session, milliseconds: Int32) throws -> Bool {
        var descriptor = pollfd(fd: PQsocket(session.handle), events: Int16(POLLIN), revents: 0)
        let ready = poll(&descriptor, 1, milliseconds)
        guard PQconsumeInput(session.handle) == 1 else {
            throw DatabaseError(sqlState: nil, message: errorMessage(session.handle), operation: "listen")
        }
        return ready > 0
    }

    private func takeChannels(_ session: Session) -> Set<String> {
        var channels: Set<String> = []
        while let notification = PQnotifies(session.handle) {
            channels.insert(String(cString: notification.pointee.relname))
            PQfreemem(notification)
        }
        return channels
    }

    private func waitUnlessStopped(_ duration: Duration) {
        let end = ContinuousClock.now + duration
        while ContinuousClock.now < end, !stopped.load(ordering: .relaxed) { usleep(20_000) }
    }
}
