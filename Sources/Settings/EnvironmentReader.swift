import Failures

/// Reads variables one after the other and remembers what was wrong, so that all of it is told at once.
///
/// A variable that is empty counts as not set: Compose passes `NAME=` for what its `.env` leaves out.
struct EnvironmentReader {
    /// A variable as `.env.example` has to list it.
    struct Variable: Equatable {
        let name: String
        let isSecret: Bool
    }

    private let environment: [String: String]
    private let readSecretFile: (String) throws -> String
    private(set) var variables: [Variable] = []
    private(set) var problems: [String] = []

    init(environment: [String: String], readSecretFile: @escaping (String) throws -> String) {
        self.environment = environment
        self.readSecretFile = readSecretFile
    }

    /// The variable's value, or nil where it is not set or not of the `accepted` form.
    ///
    /// - Parameter accepted: completes "must be …"; say an example.
    mutating func optional<Value>(
        _ name: String, accepted: String, parse: (String) -> Value?
    ) -> Value? {
        variables.append(Variable(name: name, isSecret: false))
        guard let text = text(name) else { return nil }
        guard let value = parse(text) else {
            problems.append("\(name) is \"\(Secret.hidingPassword(in: text))\", but must be \(accepted)")
            return nil
        }
        return value
    }

    /// The variable's value, or `fallback` where it is not set.
    mutating func value<Value>(
        _ name: String, or fallback: Value, accepted: String, parse: (String) -> Value?
    ) -> Value {
        optional(name, accepted: accepted, parse: parse) ?? fallback
    }

    /// The same for a variable whose `parse` says by itself what is wrong, beginning with where: "--crop must be …".
    mutating func value<Value>(
        _ name: String, or fallback: Value, parse: (String) throws(Failure) -> Value
    ) -> Value {
        variables.append(Variable(name: name, isSecret: false))
        guard let text = text(name) else { return fallback }
        do {
            return try parse(text)
        } catch {
            problems.append("\(name) is \"\(Secret.hidingPassword(in: text))\", but in it \(error.sentence)")
            return fallback
        }
    }

    /// A secret from `NAME`, or from the file that `NAME_FILE` names. Never part of an error.
    mutating func secret(
        _ name: String, accepted: String, accept: (String) -> Bool = { _ in true }
    ) -> Secret? {
        variables.append(Variable(name: name, isSecret: true))
        guard let text = secretText(name) else { return nil }
        guard accept(text) else {
            problems.append("\(name) is set, but must be \(accepted)")
            return nil
        }
        return Secret(text)
    }

    /// A rule that concerns more than one variable. `problem` names them.
    mutating func require(_ holds: Bool, _ problem: String) {
        if !holds { problems.append(problem) }
    }

    /// Throws `bad_setting` when anything was wrong.
    func finish() throws(Failure) {
        guard problems.isEmpty else { throw .badSettings(problems) }
    }

    private func text(_ name: String) -> String? {
        environment[name].flatMap { $0.isEmpty ? nil : $0 }
    }

    private mutating func secretText(_ name: String) -> String? {
        guard let file = text("\(name)_FILE") else { return text(name) }
        guard text(name) == nil else {
            problems.append("\(name) and \(name)_FILE are both set, but only one of them may be")
            return nil
        }
        do {
            let content = try readSecretFile(file)
            if content.isEmpty { problems.append("\(name)_FILE is \"\(file)\", but that file is empty") }
            return content.isEmpty ? nil : content
        } catch {
            problems.append("\(name)_FILE is \"\(file)\", but that file cannot be read")
            return nil
        }
    }
}
