/// One row of a result, decoded by column name.
public struct Row: Sendable {
    let columns: [String: Int]
    let values: [String?]

    /// The column's value. Throws when the column is absent, null, or not of the type asked for: a mistake in
    /// a statement, never in data.
    public func get<Value: SQLDecodable>(_ column: String, as type: Value.Type = Value.self) throws -> Value {
        guard let value = try getIfPresent(column, as: type) else {
            throw DatabaseError(sqlState: "22002", message: "column \(column) is null", operation: "decode")
        }
        return value
    }

    /// The column's value, or nil for SQL's null.
    public func getIfPresent<Value: SQLDecodable>(
        _ column: String, as type: Value.Type = Value.self
    ) throws -> Value? {
        guard let index = columns[column] else {
            throw DatabaseError(sqlState: "42703", message: "no column \(column) in the result", operation: "decode")
        }
        guard let text = values[index] else { return nil }
        guard let value = Value(sqlText: text) else {
            throw DatabaseError(
                sqlState: "42804", message: "column \(column) is not a \(Value.self): \(text.prefix(40))",
                operation: "decode")
        }
        return value
    }
}

/// A Swift type that PostgreSQL's text output can become.
public protocol SQLDecodable {
    init?(sqlText: String)
}

extension String: SQLDecodable {
    public init?(sqlText: String) { self = sqlText }
}

extension Int: SQLDecodable {
    public init?(sqlText: String) { self.init(sqlText) }
}

extension Int64: SQLDecodable {
    public init?(sqlText: String) { self.init(sqlText) }
}

extension Double: SQLDecodable {
    public init?(sqlText: String) { self.init(sqlText) }
}

extension Bool: SQLDecodable {
    public init?(sqlText: String) {
        guard sqlText == "t" || sqlText == "f" else { return nil }
        self = sqlText == "t"
    }
}

/// One-dimensional `text[]`, as array_out writes it: `{a,"b c",NULL}`. Nulls are left out.
/// Source: https://www.postgresql.org/docs/15/arrays.html#ARRAYS-IO
extension [String]: SQLDecodable {
    public init?(sqlText: String) {
        guard sqlText.utf8.first == UInt8(ascii: "{"), sqlText.utf8.last == UInt8(ascii: "}") else { return nil }
        self = []
        // By scalars: an accent that follows a quote makes one Character with it.
        var element = String.UnicodeScalarView()
        var quoted = false
        var wasQuoted = false
        var escaped = false
        func isNull() -> Bool { !wasQuoted && String(element) == "NULL" }
        for scalar in sqlText.unicodeScalars.dropFirst().dropLast() {
            switch scalar {
            case _ where escaped: element.append(scalar); escaped = false
            case "\\": escaped = true
            case "\"": quoted.toggle(); wasQuoted = true
            case "," where !quoted:
                if !isNull() { append(String(element)) }
                element = String.UnicodeScalarView()
                wasQuoted = false
            default: element.append(scalar)
            }
        }
        if sqlText != "{}", !isNull() { append(String(element)) }
    }
}
