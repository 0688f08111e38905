/// A point in time as EXIF writes it, `2016:06:23 16:31:59`, checked and brought to ISO 8601.
struct TakenAt {
    let year: Int
    let month: Int
    let day: Int
    let text: String

    /// Nil for what is no date: all zeros, blanks, a 30th of February, a year before 1980.
    init?(_ value: TagValue?, offset: TagValue?) {
        guard let written = value?.text, let time = Self(written) else { return nil }
        let suffix = offset?.text.flatMap(Self.offset) ?? ""
        self = Self(year: time.year, month: time.month, day: time.day, text: time.text + suffix)
    }

    /// Also reads what `text` wrote, with an offset or without.
    init?(_ written: String) {
        let bytes = Array(written.utf8)
        guard bytes.count >= 19, [UInt8(ascii: " "), UInt8(ascii: "T")].contains(bytes[10]),
            [4, 7, 13, 16].allSatisfy({ !Self.isDigit(bytes[$0]) })
        else { return nil }
        let ranges = [0..<4, 5..<7, 8..<10, 11..<13, 14..<16, 17..<19]
        let numbers = ranges.compactMap { Self.number(bytes[$0]) }
        guard numbers.count == 6, (1980...9999).contains(numbers[0]), (1...12).contains(numbers[1]),
            (1...Self.days(numbers[1], of: numbers[0])).contains(numbers[2]),
            numbers[3] < 24, numbers[4] < 60, numbers[5] <= 60
        else { return nil }
        let digits = ranges.map { String(decoding: bytes[$0], as: UTF8.self) }
        let text = digits[0...2].joined(separator: "-") + "T" + digits[3...5].joined(separator: ":")
        self.init(year: numbers[0], month: numbers[1], day: numbers[2], text: text)
    }

    private init(year: Int, month: Int, day: Int, text: String) {
        (self.year, self.month, self.day, self.text) = (year, month, day, text)
    }

    /// `+02:00`, as EXIF 2.31 has it, or `Z`.
    private static func offset(_ written: String) -> String? {
        if written == "Z" { return "Z" }
        let bytes = Array(written.utf8)
        guard bytes.count == 6, bytes[0] == UInt8(ascii: "+") || bytes[0] == UInt8(ascii: "-"),
            bytes[3] == UInt8(ascii: ":"), let hours = number(bytes[1...2]), let minutes = number(bytes[4...5]),
            hours <= 14, minutes < 60
        else { return nil }
        return written
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }

    private static func number(_ digits: ArraySlice<UInt8>) -> Int? {
        guard digits.allSatisfy(isDigit) else { return nil }
        return digits.reduce(0) { $0 * 10 + Int($1 - 0x30) }
    }

    private static func days(_ month: Int, of year: Int) -> Int {
        let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
        return [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1]
    }
}
