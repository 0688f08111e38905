import CLibPQ
import Dispatch
import Glibc
import Logging
import Synchronization

/// Hears NOTIFY on a connection and a thread of its own, for as long as its stream is read.
///
/// A notification is a hint and carries no facts: whoever receives an event reads the tables.
public final class Listener: Sendable {
    public enum Event: Sendable, Equatable {
        /// LISTEN is in force. Whatever was notified before is unknown: look once.
        case listening
        case notification(channel: String)
        /// The connection broke: until `listening` comes again, poll.
        case deaf(reason: String)
    }

    private let url: String
    private let applicationName: String
    private let channels: [String]
    private let logger: Logger
    private let stopped = Atomic(false)

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
                for channel in channels { try session.script("LISTEN \(channel)", "listen") }
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

    /// Waits for the socket and hands on what came; asks the server for a sign of life every 10 s, because a
    /// connection can be dead without the kernel knowing.
    private func hear(_ session: Session, _ report: (Event) -> Void) throws {
        var silentSeconds = 0
        while !stopped.load(ordering: .relaxed) {
            var descriptor = pollfd(fd: PQsocket(session.handle), events: Int16(POLLIN), revents: 0)
            let ready = poll(&descriptor, 1, 1000)
            silentSeconds = ready == 0 ? silentSeconds + 1 : 0
            if silentSeconds >= 10 {
                try session.script("SELECT 1", "ping")
                silentSeconds = 0
            }
            guard PQconsumeInput(session.handle) == 1 else {
                throw DatabaseError(sqlState: nil, message: errorMessage(session.handle), operation: "listen")
            }
            // Many notifications of one channel are one reason to look.
            for channel in takeChannels(session) { report(.notification(channel: channel)) }
        }
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
