import DB
import Foundation

extension Doctor {
    /// Whether a notification that one session sends arrives at another. A pooler in transaction mode accepts
    /// LISTEN, and swallows it.
    var listening: Probe {
        Probe(name: "listen", advice: Self.askAgain) {
            let start = ContinuousClock.now
            if let reason = await deafness() {
                return .failed(
                    reason,
                    advice:
                        "set DATABASE_URL to PostgreSQL itself or to a pooler in session mode: one in transaction mode swallows LISTEN"
                )
            }
            let milliseconds = start.duration(to: .now) / .milliseconds(1)
            return .ok("a notification arrived, \(Int(milliseconds.rounded())) ms with connecting")
        }
    }

    /// Nil when the listener, which tests itself, hears.
    private func deafness() async -> String? {
        for await event in Listener(database: database, channels: []).events() {
            switch event {
            case .listening: return nil
            case .deaf(let reason): return reason
            case .notification: continue
            }
        }
        return nil
    }
}
