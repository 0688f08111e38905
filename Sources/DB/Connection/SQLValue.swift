/// A statement parameter. All travel as text: PostgreSQL infers the type from the statement.
public enum SQLValue: Sendable, Equatable, ExpressibleByNilLiteral, ExpressibleByStringLiteral,
    ExpressibleByIntegerLiteral, ExpressibleByBooleanLiteral
{
    case null
    case text(String)

    public init(nilLiteral: ()) { self = .null }
    public init(stringLiteral value: String) { self = .text(value) }
    public init(integerLiteral value: Int64) { self = .text(String(value)) }
    public init(booleanLiteral value: Bool) { self = .bool(value) }

    public static func int(_ value: some BinaryInteger) -> SQLValue { .text(String(value)) }
    public static func double(_ value: Double) -> SQLValue { .text(String(value)) }
    public static func bool(_ value: Bool) -> SQLValue { .text(value ? "t" : "f") }
    public static func optional(_ value: String?) -> SQLValue { value.map(SQLValue.text) ?? .null }
    public static func optional(_ value: (some BinaryInteger)?) -> SQLValue { value.map { .int($0) } ?? .null }
    public static func optional(_ value: Double?) -> SQLValue { value.map { .double($0) } ?? .null }

    /// An `interval` of whole milliseconds.
    public static func interval(_ duration: Duration) -> SQLValue {
        let (seconds, attoseconds) = duration.components
        return .text("\(seconds * 1000 + attoseconds / 1_000_000_000_000_000) milliseconds")
    }

    /// An array literal, quoted so that any text survives.
    public static func array(_ values: [String]) -> SQLValue {
        // By scalars: an accent that follows a quote makes one Character with it.
        let quoted = values.map { value in
            let escaped = value.unicodeScalars.map { $0 == "\"" || $0 == "\\" ? "\\\($0)" : "\($0)" }
            return "\"" + escaped.joined() + "\""
        }
        return .text("{" + quoted.joined(separator: ",") + "}")
    }

    public static func array(_ values: [Int64]) -> SQLValue {
        .text("{" + values.map(String.init).joined(separator: ",") + "}")
    }

    var text: String? {
        guard case .text(let text) = self else { return nil }
        return text
    }
}
