internal import Failures
import ODMFlags

/// Splits a command line into tokens by argparse's rules.
struct ArgumentReader {
    enum Token {
        case option(ODMFlag, String)
        case positional(String)
        case request(ODMArguments.Request)
        case unknown(String)
        case failed(Failure)
    }

    private var rest: ArraySlice<String>
    private var onlyPositionals = false
    private let options = ODMFlag.all

    init(_ arguments: [String]) { rest = arguments[...] }

    mutating func next() -> Token? {
        guard let argument = rest.popFirst() else { return nil }
        if argument == "--", !onlyPositionals {
            onlyPositionals = true
            return next()
        }
        guard argument.hasPrefix("-"), argument.count > 1, !onlyPositionals, Double(argument) == nil else {
            return .positional(argument)
        }
        let parts = argument.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        if let token = request(parts[0]) { return token }
        if ODMFlag.dropped.contains(argument) { return .unknown(argument) }
        return token(name: parts[0], inlineValue: parts.count > 1 ? parts[1] : nil, whole: argument)
    }

    private func request(_ name: String) -> Token? {
        switch name {
        case "-h", "--help": .request(.help)
        case "--version": .request(.version)
        default: nil
        }
    }

    private mutating func token(name: String, inlineValue: String?, whole: String) -> Token {
        let exact = options.filter { $0.name == name || $0.short == name }
        let matches = exact.isEmpty && name.hasPrefix("--") ? options.filter { $0.name.hasPrefix(name) } : exact
        guard let option = matches.first else { return .unknown(whole) }
        guard matches.count == 1 else {
            let names = matches.map(\.name).joined(separator: ", ")
            return .failed(.commandLine("ambiguous option: \(name) could match \(names)"))
        }
        if !option.takesValue {
            guard let inlineValue else { return .option(option, "true") }
            return .failed(.commandLine("argument \(option.title): ignored explicit argument '\(inlineValue)'"))
        }
        guard let value = inlineValue ?? followingValue() else {
            return .failed(.commandLine("argument \(option.title): expected one argument"))
        }
        if let problem = option.problem(with: value) { return .failed(.commandLine(problem)) }
        return .option(option, value)
    }

    /// The next argument, unless it is an option itself. Negative numbers are values, as in argparse.
    private mutating func followingValue() -> String? {
        guard let value = rest.first, !value.hasPrefix("-") || value == "-" || Double(value) != nil else { return nil }
        rest.removeFirst()
        return value
    }
}

extension ODMFlag {
    /// As argparse names an option in its messages: `--end-with/-e`.
    var title: String { short.map { "\(name)/\($0)" } ?? name }

    /// What argparse says about a value that does not fit, nil where it fits.
    func problem(with value: String) -> String? {
        switch self.value {
        case .integer where Int(value) == nil: return "argument \(title): invalid int value: '\(value)'"
        case .number where Double(value) == nil: return "argument \(title): invalid float value: '\(value)'"
        case .oneOf(let choices) where !choices.contains(value):
            let list = choices.map { "'\($0)'" }.joined(separator: ", ")
            return "argument \(title): invalid choice: '\(value)' (choose from \(list))"
        default: return nil
        }
    }
}
