import Foundation

/// Kinds of values that several settings share.
extension EnvironmentReader {
    mutating func duration(
        _ name: String, or fallback: Duration, in range: ClosedRange<Duration>
    ) -> Duration {
        value(
            name, or: fallback,
            accepted: "a duration from \(range.lowerBound.written) to \(range.upperBound.written),"
                + " such as \(fallback.written)"
        ) { text in
            Duration(written: text).flatMap { range.contains($0) ? $0 : nil }
        }
    }

    mutating func count(_ name: String, or fallback: Int, in range: ClosedRange<Int>) -> Int {
        value(
            name, or: fallback, accepted: "a whole number from \(range.lowerBound) to \(range.upperBound)"
        ) { text in
            Int(text).flatMap { range.contains($0) ? $0 : nil }
        }
    }

    mutating func size(_ name: String, or fallback: ByteCount) -> ByteCount {
        value(name, or: fallback, accepted: "a size above 0, such as \(fallback)") { text in
            ByteCount(written: text).flatMap { $0.bytes > 0 ? $0 : nil }
        }
    }

    mutating func choice<Choice: RawRepresentable & CaseIterable>(
        _ name: String, or fallback: Choice
    ) -> Choice where Choice.RawValue == String {
        let words = Choice.allCases.map { "\"\($0.rawValue)\"" }.joined(separator: ", ")
        return value(name, or: fallback, accepted: "one of \(words)") { Choice(rawValue: $0) }
    }

    /// A path, made absolute: relative to the current folder, `~/` to the home folder.
    mutating func path(_ name: String, host: HostFacts) -> String? {
        optional(name, accepted: "a path") { host.absolute($0) }
    }

    mutating func image(_ name: String) -> String? {
        optional(name, accepted: "a container image, such as opendronemap/odm:gpu") { text in
            let allowed = text.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "._-/:@".contains($0)) }
            return allowed && text.first?.isPunctuation == false ? text : nil
        }
    }

    /// An address that begins with `http://` or `https://` and names a host.
    mutating func webAddress(_ name: String, example: String) -> String? {
        optional(name, accepted: "an http or https address, such as \(example)") { text in
            guard let url = URL(string: text), ["http", "https"].contains(url.scheme ?? ""),
                url.host?.isEmpty == false
            else { return nil }
            return text
        }
    }
}
