/// The value of one EXIF tag, as it goes into JSON.
public enum TagValue: Codable, Equatable, Hashable, Sendable {
    case number(Double)
    case text(String)
    case numbers([Double])

    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        // No case fits two kinds of JSON value, so each failed attempt only means "the next one".
        if let value = try? container.decode(Double.self) {  // not a number
            self = .number(value)
        } else if let value = try? container.decode([Double].self) {  // not a list
            self = .numbers(value)
        } else {
            self = .text(try container.decode(String.self))
        }
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch self {
        case .number(let value): try container.encode(value)
        case .text(let value): try container.encode(value)
        case .numbers(let value): try container.encode(value)
        }
    }

    /// The first number, where there is one and it is finite.
    public var double: Double? {
        switch self {
        case .number(let value): value
        case .numbers(let values): values.first
        case .text(let text): Double(text)
        }
    }

    public var text: String? {
        if case .text(let text) = self { text } else { nil }
    }

    /// `bytes` as text that is fit for JSON, PostgreSQL and a terminal: no NUL, no control characters, no
    /// blanks around it, at most `limit` characters. Nil when nothing readable is left.
    static func clean(_ text: String, limit: Int = 1000) -> String? {
        // Nearly all of it is, and the tables of Unicode are slow.
        if text.utf8.allSatisfy({ $0 < 0x80 }) { return clean(ascii: text.utf8, limit: limit) }
        let kept = text.unicodeScalars.filter { scalar in
            switch scalar.properties.generalCategory {
            case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator, .paragraphSeparator: false
            default: scalar != "\u{FFFD}"
            }
        }
        var result = Substring(String(String.UnicodeScalarView(kept)))
        while result.first == " " { result = result.dropFirst() }
        while result.last == " " { result = result.dropLast() }
        guard result.contains(where: { $0.isLetter || $0.isNumber }) else { return nil }
        return String(result.prefix(limit))
    }

    /// The same.
    private static func clean(ascii text: String.UTF8View, limit: Int) -> String? {
        var kept = text.filter { (0x20..<0x7F).contains($0) }[...]
        kept = kept.drop { $0 == 0x20 }
        while kept.last == 0x20 { kept.removeLast() }
        let isReadable = kept.contains {
            switch $0 {
            case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "a")...UInt8(ascii: "z"):
                true
            default: false
            }
        }
        return isReadable ? String(decoding: kept.prefix(limit), as: UTF8.self) : nil
    }
}
