import Foundation

extension ODMFlag {
    /// What a value has to be, to complete "must be …".
    public var accepted: String {
        switch value {
        case .none: "the option alone, without a value"
        case .integer(let range): "a whole number from \(range.lowerBound) to \(range.upperBound)"
        case .number(let range, let unit):
            "a number from \(Self.plain(range.lowerBound)) to \(Self.plain(range.upperBound))"
                + (unit.isEmpty ? "" : " (\(unit))")
        case .text: "a text"
        case .path: "an absolute path inside the container"
        case .json: "a JSON object, written out in quotes"
        case .address: "an http or https address, such as http://cluster:3000"
        case .oneOf(let choices): "one of \(choices.joined(separator: ", "))"
        }
    }

    /// Whether ODM's parser takes the value and it makes sense.
    public func accepts(_ text: String) -> Bool {
        // No value is more than a line, and what is not printed cannot be looked up in a log.
        guard !text.isEmpty, !text.unicodeScalars.contains(where: { $0.properties.generalCategory == .control }) else {
            return false
        }
        switch value {
        case .none: return false
        case .integer(let range): return Self.integer(text).map(range.contains) ?? false
        case .number(let range, _): return Self.number(text).map(range.contains) ?? false
        case .text: return true
        case .path: return text.hasPrefix("/")
        case .json: return Self.isObject(text)
        case .address: return Self.isAddress(text)
        case .oneOf(let choices): return choices.contains(text)
        }
    }

    /// Python takes underscores, spaces and more; what both take for the same number is enough.
    private static func integer(_ text: String) -> Int? {
        text.wholeMatch(of: /[+-]?[0-9]+/) == nil ? nil : Int(text)
    }

    /// Without `nan`, `inf` and hexadecimal numbers.
    private static func number(_ text: String) -> Double? {
        text.wholeMatch(of: /[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?/) == nil ? nil : Double(text)
    }

    /// ODM takes a text for JSON by its first character.
    private static func isObject(_ text: String) -> Bool {
        guard text.hasPrefix("{"), text.utf8.count < 65_536 else { return false }
        // Not JSON: then it is not an object either.
        return (try? JSONSerialization.jsonObject(with: Data(text.utf8))) is [String: Any]
    }

    /// What `url_string` of ODM's parser lets pass, without its oddities: no underscores, no IPv6, no user name, and
    /// a host name of one word has at least three letters.
    private static func isAddress(_ text: String) -> Bool {
        guard
            let match = text.wholeMatch(of: /(?i)https?:\/\/([a-z0-9.-]{1,253})(:[0-9]{1,5})?([\/?][^\s]*)?/),
            match.2.flatMap({ Int($0.dropFirst()) }) ?? 1 <= 65_535, match.3 != "?"
        else { return false }
        let labels = match.1.split(separator: ".", omittingEmptySubsequences: false)
        guard labels.allSatisfy({ (1...63).contains($0.count) && $0.first != "-" && $0.last != "-" }),
            let last = labels.last
        else { return false }
        if labels.count == 4, labels.allSatisfy({ Int($0) != nil }) {
            return labels.allSatisfy { $0.count <= 3 && Int($0) ?? 256 <= 255 }
        }
        return last.count >= (labels.count == 1 ? 3 : 2)
    }

    private static func plain(_ number: Double) -> String {
        number == number.rounded() ? String(Int(number)) : String(number)
    }
}

extension ODMFlag {
    /// What is wrong with a whole command line, nil where ODM's parser takes it as it is meant.
    ///
    /// Stricter than the parser: names in full, each once, values in their ranges, one dataset name.
    public static func problem(inCommandLine words: [String]) -> String? {
        var rest = words[...]
        var seen: Set<String> = []
        var names = 0
        while let word = rest.popFirst() {
            guard word.hasPrefix("-") else {
                names += 1
                continue
            }
            let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            guard let flag = named(parts[0]) else { return "\(parts[0]) is no option of ODM 3.6" }
            guard seen.insert(flag.name).inserted else { return "\(flag.name) is there twice" }
            guard flag.takesValue else {
                if parts.count > 1 { return "\(flag.name) takes no value" }
                continue
            }
            guard let value = parts.count > 1 ? parts[1] : rest.popFirst(), flag.accepts(value) else {
                return "\(flag.name) must be \(flag.accepted)"
            }
            // argparse takes what begins with a dash for the next option, plain negative numbers excepted.
            if parts.count == 1, value.hasPrefix("-"), !isNegativeNumber(value) {
                return "the value of \(flag.name) looks like an option"
            }
        }
        let reruns = seen.intersection(["--rerun", "--rerun-all", "--rerun-from"])
        if reruns.count > 1 { return "\(reruns.sorted().joined(separator: " and ")) exclude each other" }
        return names == 1 ? nil : "there must be one dataset name, not \(names)"
    }

    /// Source: `_negative_number_matcher` in Python's argparse.py.
    private static func isNegativeNumber(_ text: String) -> Bool {
        text.wholeMatch(of: /-[0-9]+|-[0-9]*\.[0-9]+/) != nil
    }

    /// The words for one option as argparse takes them without doubt.
    public static func words(_ name: String, _ value: String?) -> [String] {
        guard let value else { return [name] }
        return value.hasPrefix("-") && !isNegativeNumber(value) ? ["\(name)=\(value)"] : [name, value]
    }
}
