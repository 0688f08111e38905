import Foundation

/// How commands print data: a table for people, JSON for programs.
enum Output {
    /// - Parameter isNamed: the keys are the names already, also where they are not the database's.
    static func json(_ value: some Encodable, isNamed: Bool = false) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        encoder.dateEncodingStrategy = .iso8601
        // The names of the database's columns, which operators know.
        if !isNamed { encoder.keyEncodingStrategy = .convertToSnakeCase }
        print(String(decoding: try encoder.encode(value), as: UTF8.self))
    }

    /// Columns padded to their widest cell; a cell that is nil shows as a dash.
    static func table(_ header: [String], _ rows: [[String?]]) {
        let cells = [header.map { $0.uppercased() }] + rows.map { $0.map { $0 ?? "-" } }
        let widths = header.indices.map { column in cells.map { $0[column].count }.max() ?? 0 }
        for row in cells {
            let line = zip(row, widths).map { $0.padding(toLength: $1, withPad: " ", startingAt: 0) }
            print(line.joined(separator: "  ").replacing(/\s+$/, with: ""))
        }
    }

    /// `2 h 5 min`, `3 min 20 s`, `12 s`.
    static func duration(_ seconds: Double) -> String {
        let whole = Int(seconds.rounded())
        if whole >= 3600 { return "\(whole / 3600) h \(whole % 3600 / 60) min" }
        return whole >= 60 ? "\(whole / 60) min \(whole % 60) s" : "\(whole) s"
    }
}
