import Foundation

/// Reads the fields of a form and collects what is wrong with them, in FastAPI's words where it has some: clients of
/// today's API show them.
struct FormReader {
    private let fields: [String: [String]]
    private var wrong: [Problem.WrongField] = []

    var isWrong: Bool { !wrong.isEmpty }

    init(_ fields: [String: [String]]) { self.fields = fields }

    /// - Throws: `Problem` 422 where something is wrong.
    func finish() throws(Problem) {
        if isWrong { throw .wrongFields(wrong) }
    }

    mutating func require(_ condition: Bool, _ field: String, _ sentence: String, type: String = "value_error") {
        if !condition { wrong.append(.init(loc: ["body", field], msg: sentence, type: type)) }
    }

    private func value(_ field: String) -> String? { fields[field]?.last.flatMap { $0.isEmpty ? nil : $0 } }

    private mutating func needed(_ field: String) -> String? {
        let value = value(field)
        require(value != nil, field, "Field required", type: "missing")
        return value
    }

    mutating func number(_ field: String, in range: ClosedRange<Int>) -> Int {
        guard let text = needed(field) else { return range.lowerBound }
        return number(text, field, range)
    }

    mutating func optionalNumber(_ field: String, in range: ClosedRange<Int>) -> Int? {
        value(field).map { number($0, field, range) }
    }

    private mutating func number(_ text: String, _ field: String, _ range: ClosedRange<Int>) -> Int {
        let digits = text.trimmingCharacters(in: .whitespaces)
        guard let number = Int(digits), range.contains(number) else {
            let accepted = "Input should be a valid integer from \(range.lowerBound) to \(range.upperBound)"
            require(false, field, accepted, type: "int_parsing")
            return range.lowerBound
        }
        return number
    }

    mutating func text(_ field: String, accepted: String, _ isFit: (String) -> Bool) -> String {
        guard let text = needed(field) else { return "" }
        require(isFit(text), field, "Input should be \(accepted)", type: "string_pattern_mismatch")
        return text
    }

    /// PostgreSQL takes no zero bytes in texts.
    mutating func optionalText(_ field: String) -> String? {
        guard let text = value(field) else { return nil }
        require(!text.utf8.contains(0), field, "Input should have no zero bytes", type: "string_type")
        return text
    }

    mutating func texts(_ field: String) -> [String] {
        let texts = (fields[field] ?? []).filter { !$0.isEmpty }
        require(!texts.isEmpty, field, "Field required", type: "missing")
        require(
            texts.allSatisfy { !$0.utf8.contains(0) }, field, "Input should have no zero bytes", type: "string_type")
        return texts
    }

    mutating func choice(_ field: String, of choices: [String]) -> String {
        guard let text = needed(field) else { return "" }
        return check(text, field, choices)
    }

    mutating func choice(_ field: String, of choices: [String], or standard: String?) -> String? {
        value(field).map { check($0, field, choices) } ?? standard
    }

    private mutating func check(_ text: String, _ field: String, _ choices: [String]) -> String {
        let quoted = choices.map { "'\($0)'" }
        let listed = quoted.dropLast().joined(separator: ", ") + " or " + (quoted.last ?? "")
        require(choices.contains(text), field, "Input should be \(listed)", type: "enum")
        return text
    }

    mutating func digest(_ field: String) -> String? {
        guard let text = value(field)?.lowercased() else { return nil }
        let isDigest = text.utf8.count == 64 && text.allSatisfy(\.isHexDigit)
        require(isDigest, field, "Input should be 64 hexadecimal digits", type: "string_pattern_mismatch")
        return text
    }
}
