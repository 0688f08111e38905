import DB
import TestSupport

/// Hears what a database notifies, and tells what was said between two moments.
struct Ear {
    private let test: TestDatabase
    private var events: AsyncStream<Listener.Event>.Iterator

    /// Returns when LISTEN is in force.
    init(_ test: TestDatabase) async throws {
        self.test = test
        let listener = Listener(
            database: test.database, channels: ["v2_queue", "v2_queue_control", "test_first", "test_last"])
        events = listener.events().makeAsyncIterator()
        try await wait(for: .listening)
    }

    /// The channels that were notified since the last call, or since the beginning.
    mutating func heard() async throws -> Set<String> {
        // What comes in one packet is told in any order, but a packet that is sent later is told later.
        try await test.sql("NOTIFY test_first")
        let before = try await wait(for: .notification(channel: "test_first"))
        try await test.sql("NOTIFY test_last")
        return try await before.union(wait(for: .notification(channel: "test_last")))
    }

    /// Returns the channels that were notified meanwhile.
    @discardableResult
    mutating func wait(for expected: Listener.Event) async throws -> Set<String> {
        var channels: Set<String> = []
        while let event = await events.next() {
            if event == expected { return channels }
            if case .notification(let channel) = event { channels.insert(channel) }
        }
        throw CancellationError()
    }

    /// Returns when the connection is reported as broken.
    mutating func waitUntilDeaf() async throws {
        while let event = await events.next() {
            if case .deaf = event { return }
        }
        throw CancellationError()
    }
}
