import Foundation

/// Takes out of a line of output what nobody should read: colours, control characters and secrets.
struct LogScrubber: Sendable {
    /// Texts that stand for themselves, e.g. the password in ODM_CLUSTER_URL.
    let secrets: [String]

    init(secrets: [String]) {
        // A short one would blot out ordinary words.
        self.secrets = secrets.filter { $0.count >= 4 }
    }

    /// The secrets in an address: user, password, and the values of its query.
    init(address: String?) {
        let parts = address.flatMap(URLComponents.init)
        self.init(secrets: [parts?.password].compactMap { $0 } + (parts?.queryItems ?? []).compactMap(\.value))
    }

    func clean(_ line: String) -> String {
        // Most lines hold nothing of the kind, and there are millions.
        var text = Self.hasControls(line) ? Self.withoutControls(line) : line
        for secret in secrets where text.contains(secret) { text = text.replacing(secret, with: "***") }
        guard text.holds("://") || text.holds("oken=") else { return text }
        return text.replacing(/(:\/\/)[^\/\s@]+@/) { "\($0.1)***@" }.replacing(/([Tt]oken=)[^&\s]+/) { "\($0.1)***" }
    }

    private static func hasControls(_ line: String) -> Bool {
        var copy = line
        return copy.withUTF8 { bytes in bytes.contains { $0 < 0x20 && $0 != 0x09 } }
    }

    private static func withoutControls(_ line: String) -> String {
        var text = line.replacing(/\u{1B}\[[0-9;?]*[A-Za-z]/, with: "")
        text.unicodeScalars.removeAll { $0.value < 0x20 && $0 != "\t" }
        return text
    }
}
