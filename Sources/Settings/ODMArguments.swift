import ODMFlags

/// Options of OpenDroneMap's command line, each once, in the order in which they were first named.
///
/// What `init(written:)` lets pass is known to ODM's parser and in a range that makes sense; `set` is for callers
/// that know what they do.
public struct ODMArguments: Equatable, Sendable, CustomStringConvertible {
    struct Flag: Equatable, Sendable {
        let name: String
        var value: String?
    }
    private(set) var flags: [Flag] = []
    /// Options that somebody has taken away with `=false`, so that no run adds them again.
    private var refused: Set<String> = []

    public init() {}

    init(_ flags: [Flag]) { self.flags = flags }

    /// Options that production runs with, whatever the images and the host.
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

    /// Adds the option, or replaces its value where it is there.
    public mutating func set(_ name: String, to value: String? = nil) {
        if let index = flags.firstIndex(where: { $0.name == name }) {
            flags[index].value = value
        } else {
            flags.append(Flag(name: name, value: value))
        }
    }

    /// Adds the option unless somebody has set it already, or taken it away.
    public mutating func setDefault(_ name: String, to value: String? = nil) {
        if !contains(name), !refused.contains(name) { set(name, to: value) }
    }

    public func contains(_ name: String) -> Bool {
        flags.contains { $0.name == name }
    }

    /// Somebody has taken it away.
    public func refuses(_ name: String) -> Bool { refused.contains(name) }

    /// The option's value; nil also for one that takes none.
    public func value(of name: String) -> String? {
        flags.first { $0.name == name }?.value
    }

    /// These options with `other` added; where both name one, `other` wins.
    ///
    /// The value `false` takes an option away (`--fast-orthophoto=false`), and `true` is the plain option: ODM itself
    /// knows neither, so an option of the defaults could not be undone otherwise.
    public func merging(_ other: ODMArguments) -> ODMArguments {
        var merged = self
        for flag in other.flags {
            switch flag.value {
            case "false":
                merged.flags.removeAll { $0.name == flag.name }
                merged.refused.insert(flag.name)
            case "true": merged.set(flag.name)
            default: merged.set(flag.name, to: flag.value)
            }
        }
        return merged
    }

    /// The words to hand to the container, one argument each.
    public var words: [String] {
        flags.flatMap { ODMFlag.words($0.name, $0.value) }
    }

    /// As they may be written into `ODM_ARGS` again.
    public var description: String {
        words.map { word in
            guard word.isEmpty || word.contains(where: { $0.isWhitespace || $0 == "\"" || $0 == "'" }) else {
                return word
            }
            return word.contains("'") ? "\"\(word)\"" : "'\(word)'"
        }.joined(separator: " ")
    }
}
