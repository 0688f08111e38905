public import Failures
import ODMFlags

extension ODMArguments {
    /// Reads what `ODM_ARGS` holds: `--option`, `--option value` and `--option=value`; a value with spaces goes in
    /// quotes. `=false` takes an option of the defaults away.
    ///
    /// Throws `bad_setting` with a sentence that begins with the option: it is not known to ODM 3.6, shortened, named
    /// twice, reserved, without its value, or its value is not of the kind or range.
    public init(written text: String) throws(Failure) {
        guard let words = Self.words(text) else { throw Self.problem("its last quote does not end") }
        var rest = words[...]
        var flags: [Flag] = []
        while let word = rest.popFirst() {
            guard word.hasPrefix("-") else { throw Self.problem("\"\(word)\" belongs to no option") }
            let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            let flag = try Self.flag(named: parts[0])
            guard !flags.contains(where: { $0.name == flag.name }) else {
                throw Self.problem("\(flag.name) must be named once only")
            }
            let inline = parts.count > 1 ? parts[1] : nil
            flags.append(Flag(name: flag.name, value: try Self.value(of: flag, inline, &rest)))
        }
        self.init(flags)
    }

    private static func problem(_ text: String) -> Failure { Failure("bad_setting", text) }

    private static func flag(named name: String) throws(Failure) -> ODMFlag {
        if let reason = reserved[name] { throw problem("\(name) must not be there: \(reason)") }
        if let flag = ODMFlag.named(name) { return flag }
        if ODMFlag.dropped.contains(name) {
            throw problem("\(name) must not be there: it is of an older ODM and has no effect any more")
        }
        let full = ODMFlag.all.filter { ($0.name.hasPrefix(name) && name.count > 2) || $0.short == name }.map(\.name)
        if !full.isEmpty {
            throw problem("\(name) must be written in full: \(full.sorted().joined(separator: " or "))")
        }
        throw problem("\(name) must be an option of ODM 3.6, which has none of that name" + hint(name))
    }

    private static func value(
        of flag: ODMFlag, _ inline: String?, _ rest: inout ArraySlice<String>
    ) throws(Failure) -> String? {
        var value = inline
        if value == nil, let next = rest.first {
            // Without an equals sign a plain option has only these two words that may follow it.
            let follows = flag.takesValue ? !looksLikeOption(next) : next == "true" || next == "false"
            if follows { value = rest.removeFirst() }
        }
        guard let value else {
            if flag.takesValue { throw problem("\(flag.name) must have a value: \(flag.accepted)") }
            return nil
        }
        if value == "false" || (value == "true" && !flag.takesValue) { return value }
        guard flag.accepts(value) else {
            throw problem("\(flag.name) must be \(flag.accepted), not \"\(value)\"")
        }
        return value
    }

    /// A dash begins an option, unless a number follows.
    private static func looksLikeOption(_ word: String) -> Bool {
        word.hasPrefix("-") && word.dropFirst().first.map { !$0.isNumber && $0 != "." } ?? true
    }

    /// An option whose name differs little from what was written.
    private static func hint(_ name: String) -> String {
        guard name.count > 6 else { return "" }
        let start = name.prefix(max(7, name.count - 3))
        let near = ODMFlag.all.map(\.name).filter { $0.hasPrefix(start) && reserved[$0] == nil }
        return near.isEmpty ? "" : "; there is \(near.sorted().joined(separator: ", "))"
    }

    /// Options that are the worker's, or that would leave a run without what it is for.
    private static let reserved: [String: String] = {
        let again = "every run begins anew, in a folder of its own"
        let models = "the container has no network to fetch the model from, and ODM would go on without it"
        return [
            "--project-path": "the worker sets it", "--rerun": again, "--rerun-all": again, "--rerun-from": again,
            "-r": again, "--end-with": "the run would end before its orthophoto",
            "-e": "the run would end before its orthophoto",
            "--skip-orthophoto": "the orthophoto is what the run is for",
            "--copy-to": "the worker stores the results",
            "--sm-cluster": "ODM_CLUSTER_URL says where submodels go",
            "--sky-removal": models, "--bg-removal": models,
            "--help": "it makes no orthophoto", "-h": "it makes no orthophoto",
            "--version": "it makes no orthophoto",
        ]
    }()

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
