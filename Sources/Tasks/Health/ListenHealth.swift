import DB
import Foundation

extension Doctor {
    /// Whether a notification that one session sends arrives at another. A pooler in transaction mode accepts
    /// LISTEN, and swallows it.
    var listening: Probe {
        Probe(name: "listen", advice: Self.askAgain) {
            let start = ContinuousClock.now
            let channel = "deadtrees_doctor_\(UInt64.random(in: 0 ... .max))"
            guard try await hears(channel, within: .seconds(5)) else {
                return .failed(
                    "LISTEN is accepted, but a notification did not arrive within 5 s",
                    advice:
                        "set DATABASE_URL to PostgreSQL itself or to a pooler in session mode: one in transaction mode swallows LISTEN"
                )
            }
            let milliseconds = start.duration(to: .now) / .milliseconds(1)
            return .ok("a notification arrived, \(Int(milliseconds.rounded())) ms with connecting")
        }
    }

    private func hears(_ channel: String, within limit: Duration) async throws -> Bool {
        try await withThrowingTaskGroup(of: Bool.self) { group in
            group.addTask {
                for await event in Listener(database: database, channels: [channel]).events() {
                    switch event {
                    case .listening: try await database.notify(channel)
                    case .notification: return true
                    case .deaf: continue
                    }
                }
                return false
            }
            group.addTask {
                try await Task.sleep(for: limit)
                return false
            }
            defer { group.cancelAll() }
            return try await group.next() ?? false
        }
    }
}
