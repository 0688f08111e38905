import Foundation

/// What a part of a form says of itself.
struct PartHead: Equatable {
    let name: String
    /// Nil for a field that is no file. As the client wrote it.
    let fileName: String?

    /// Nil where there is no name.
    init?(_ headers: String) {
        let lines = headers.components(separatedBy: "\r\n")
        let disposition = lines.first { $0.lowercased().hasPrefix("content-disposition:") }
        guard let disposition else { return nil }
        let parameters = Self.parameters(disposition)
        guard let name = parameters["name"] else { return nil }
        self.name = name
        fileName = parameters["filename*"].flatMap(Self.decodeExtended) ?? parameters["filename"]
    }

    /// `; name="a b"; filename=c` by name in lower case. Within quotes a backslash protects a quote or itself; before
    /// anything else it is a character, as browsers of Windows write paths.
    private static func parameters(_ header: String) -> [String: String] {
        var found: [String: String] = [:]
        var rest = header.drop { $0 != ";" }
        while rest.first == ";" {
            rest = rest.dropFirst().drop { $0 == " " || $0 == "\t" }
            let name = rest.prefix { $0 != "=" && $0 != ";" }
            rest = rest.dropFirst(name.count)
            guard rest.first == "=" else { continue }
            rest = rest.dropFirst()
            let value = rest.first == "\"" ? readQuoted(&rest) : readToken(&rest)
            found[name.trimmingCharacters(in: .whitespaces).lowercased()] = value
            rest = rest.drop { $0 != ";" }
        }
        return found
    }

    private static func readToken(_ rest: inout Substring) -> String {
        let token = rest.prefix { $0 != ";" }
        rest = rest.dropFirst(token.count)
        return token.trimmingCharacters(in: .whitespaces)
    }

    private static func readQuoted(_ rest: inout Substring) -> String {
        rest = rest.dropFirst()
        var value = ""
        while let character = rest.popFirst(), character != "\"" {
            if character == "\\", let next = rest.first, next == "\"" || next == "\\" {
                value.append(next)
                rest = rest.dropFirst()
            } else {
                value.append(character)
            }
        }
        // How browsers write what a quoted string may not hold.
        // Source: https://html.spec.whatwg.org/multipage/form-control-infrastructure.html#multipart-form-data
        return value.replacing("%22", with: "\"").replacing("%0D", with: "\r").replacing("%0A", with: "\n")
    }

    /// `UTF-8''na%C3%AFve.tif`, as RFC 5987 has it.
    private static func decodeExtended(_ value: String) -> String? {
        let parts = value.split(separator: "'", maxSplits: 2, omittingEmptySubsequences: false)
        guard parts.count == 3, parts[0].lowercased() == "utf-8" else { return nil }
        return String(parts[2]).removingPercentEncoding
    }
}
