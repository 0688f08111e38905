/// Flags of OpenDroneMap's command line, each once, in the order in which they were first named.
///
/// What a flag means and which values it takes is ODM's business; this only keeps them apart.
public struct ODMArguments: Equatable, Sendable, CustomStringConvertible {
    private var flags: [(name: String, value: String?)] = []

    public init() {}

    /// Flags that production runs with, whatever the images and the host.
    ///
    /// What depends on them is added per run with `setDefault`: `--max-concurrency` from the memory,
    /// `--feature-type sift` with a GPU, `--gps-accuracy` from RTK data.
    public static var production: ODMArguments {
        var arguments = ODMArguments()
        arguments.set("--fast-orthophoto")
        arguments.set("--feature-quality", to: "high")
        arguments.set("--matcher-neighbors", to: "12")
        arguments.set("--orthophoto-resolution", to: "1.0")
        arguments.set("--skip-report")
        arguments.set("--auto-boundary")
        return arguments
    }

    /// Reads `--flag`, `--flag value` and `--flag=value`; a value with spaces goes in quotes.
    ///
    /// Nil for a value without a flag before it, an empty flag or a quote that does not end.
    public init?(written text: String) {
        guard let words = Self.words(text) else { return nil }
        var open: String?  // the flag that the next word may be the value of
        for word in words {
            if word.hasPrefix("--") {
                let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
                guard parts[0].count > 2 else { return nil }
                set(parts[0], to: parts.count == 2 ? parts[1] : nil)
                open = parts.count == 2 ? nil : parts[0]
            } else {
                guard let name = open else { return nil }
                set(name, to: word)
                open = nil
            }
        }
    }

    /// Adds the flag, or replaces its value where it is there.
    public mutating func set(_ name: String, to value: String? = nil) {
        if let index = flags.firstIndex(where: { $0.name == name }) {
            flags[index].value = value
        } else {
            flags.append((name, value))
        }
    }

    /// Adds the flag unless somebody has set it already.
    public mutating func setDefault(_ name: String, to value: String? = nil) {
        if !contains(name) { set(name, to: value) }
    }

    public func contains(_ name: String) -> Bool {
        flags.contains { $0.name == name }
    }

    /// The flag's value; nil also for a flag that takes none.
    public func value(of name: String) -> String? {
        flags.first { $0.name == name }?.value
    }

    /// These flags with `other` added; where both name a flag, `other` wins.
    ///
    /// The value `false` takes a flag away (`--fast-orthophoto=false`), and `true` is the plain flag: ODM itself
    /// knows neither, so a flag of the defaults could not be undone otherwise.
    public func merging(_ other: ODMArguments) -> ODMArguments {
        var merged = self
        for flag in other.flags {
            switch flag.value {
            case "false": merged.flags.removeAll { $0.name == flag.name }
            case "true": merged.set(flag.name)
            default: merged.set(flag.name, to: flag.value)
            }
        }
        return merged
    }

    /// The words to hand to the container, one argument each.
    public var words: [String] {
        flags.flatMap { flag in [flag.name] + (flag.value.map { [$0] } ?? []) }
    }

    /// As they may be written into `ODM_ARGS` again.
    public var description: String {
        words.map { $0.contains(" ") || $0.isEmpty ? "'\($0)'" : $0 }.joined(separator: " ")
    }

    public static func == (left: ODMArguments, right: ODMArguments) -> Bool {
        left.flags.elementsEqual(right.flags, by: ==)
    }

    /// Splits at spaces outside quotes; nil where a quote does not end.
    private static func words(_ text: String) -> [String]? {
        var words: [String] = []
        var word: String?
        var quote: Character?
        for character in text {
            if character == quote {
                quote = nil
            } else if quote == nil, character == "'" || character == "\"" {
                quote = character
                word = word ?? ""
            } else if quote == nil, character.isWhitespace {
                if let complete = word { words.append(complete) }
                word = nil
            } else {
                word = (word ?? "") + String(character)
            }
        }
        if let complete = word { words.append(complete) }
        return quote == nil ? words : nil
    }
}
