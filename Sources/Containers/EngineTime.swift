public import Foundation

/// A moment as the engine writes it, RFC 3339 with up to nine decimals. A `Date` would lose the last of them, and
/// log lines are told apart by them.
public struct EngineTime: Comparable, Hashable, Codable, Sendable {
    /// Since 1970-01-01T00:00:00Z.
    public let seconds: Int64
    /// 0 to 999 999 999.
    public let nanoseconds: Int32

    public init(seconds: Int64, nanoseconds: Int32) {
        self.seconds = seconds
        self.nanoseconds = nanoseconds
    }

    /// Reads e.g. `2026-11-22T14:41:21.123456789Z` or with an offset such as `+01:00`; nil when it is anything else.
    public init?(_ text: some StringProtocol) {
        var rest = Substring(text).utf8[...]
        guard let year = rest.number(digits: 4, then: "-"), let month = rest.number(digits: 2, then: "-"),
            let day = rest.number(digits: 2, then: "T"), let hour = rest.number(digits: 2, then: ":"),
            let minute = rest.number(digits: 2, then: ":"), let second = rest.number(digits: 2),
            (1...12).contains(month), (1...31).contains(day), hour < 24, minute < 60, second < 61,
            let nanoseconds = rest.fraction(), let offset = rest.offset(), rest.isEmpty
        else { return nil }
        let days = Self.days(year: year, month: month, day: day)
        self.init(seconds: ((days * 24 + hour) * 60 + minute) * 60 + second - offset, nanoseconds: Int32(nanoseconds))
    }

    /// The moment, to the microsecond; nil for Go's zero time, by which the engine says "never".
    public var date: Date? {
        guard seconds > -62_000_000_000 else { return nil }
        return Date(timeIntervalSince1970: Double(seconds) + Double(nanoseconds) / 1e9)
    }

    public static func < (left: EngineTime, right: EngineTime) -> Bool {
        (left.seconds, left.nanoseconds) < (right.seconds, right.nanoseconds)
    }

    /// Days from 1970-01-01 in the Gregorian calendar, counting years from March so that leap days come last.
    /// Source: https://howardhinnant.github.io/date_algorithms.html#days_from_civil
    private static func days(year: Int64, month: Int64, day: Int64) -> Int64 {
        let year = month <= 2 ? year - 1 : year
        let era = (year >= 0 ? year : year - 399) / 400
        let yearOfEra = year - era * 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }
}

extension Substring.UTF8View {
    fileprivate mutating func skip(_ character: Unicode.Scalar) -> Bool {
        guard first == UInt8(ascii: character) else { return false }
        removeFirst()
        return true
    }

    fileprivate mutating func number(digits: Int, then separator: Unicode.Scalar? = nil) -> Int64? {
        var value: Int64 = 0
        for _ in 0..<digits {
            guard let digit = first, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(digit) else { return nil }
            value = value * 10 + Int64(digit - UInt8(ascii: "0"))
            removeFirst()
        }
        if let separator, !skip(separator) { return nil }
        return value
    }

    /// Decimals of a second, if there are any, in nanoseconds.
    fileprivate mutating func fraction() -> Int64? {
        guard skip(".") else { return 0 }
        var value: Int64 = 0
        var digits = 0
        while let digit = number(digits: 1) {
            guard digits < 9 else { continue }
            value = value * 10 + digit
            digits += 1
        }
        guard digits > 0 else { return nil }
        for _ in digits..<9 { value *= 10 }
        return value
    }

    /// Seconds east of Greenwich.
    fileprivate mutating func offset() -> Int64? {
        if skip("Z") { return 0 }
        let sign: Int64 = first == UInt8(ascii: "-") ? -1 : 1
        guard skip("+") || skip("-"), let hours = number(digits: 2, then: ":"), let minutes = number(digits: 2) else {
            return nil
        }
        return sign * (hours * 3600 + minutes * 60)
    }
}
