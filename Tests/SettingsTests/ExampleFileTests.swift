import Foundation
import Testing

@testable import Settings

/// `.env.example` is the reference of all settings, so it has to say what the code does.
@Suite struct ExampleFileTests {
    private let host = HostFacts.example
    private let lines: [(name: String, value: String)]
    private let compose: String

    init() throws {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        compose = try String(contentsOf: root.appending(path: "compose/compose.yaml"), encoding: .utf8)
        let text = try String(contentsOf: root.appending(path: ".env.example"), encoding: .utf8)
        lines = text.split(separator: "\n").compactMap { line in
            guard let match = line.wholeMatch(of: /#?([A-Z_]+)=(.*)/) else { return nil }
            return (String(match.1), String(match.2))
        }
    }

    @Test func listsEveryVariableOfTheCodeAndNoOther() {
        var reader = EnvironmentReader(environment: [:], readSecretFile: { _ in "" })
        _ = AppSettings(reading: &reader, host: host)
        let known = reader.variables.flatMap { $0.isSecret ? [$0.name, "\($0.name)_FILE"] : [$0.name] }
        #expect(known.sorted() == lines.map(\.name).sorted())
    }

    @Test func givesTheDefaultsOfTheCode() throws {
        let environment = Dictionary(uniqueKeysWithValues: lines).mapValues {
            $0.trimmingCharacters(in: ["\""]).replacingOccurrences(of: "$PWD", with: host.currentDirectory)
        }
        #expect(environment.values.filter { !$0.isEmpty }.count > 15)
        #expect(try AppSettings(environment: environment, host: host) == AppSettings(environment: [:], host: host))
    }

    /// A setting in `.env` that the containers never see would be ignored without a word.
    @Test func composePassesEverySettingOn() {
        let elsewise: Set = [
            "DATABASE_URL", "JWT_SECRET", "STORAGE_SSH_PASSPHRASE",  // as secrets, by file
            "DOCKER_HOST",  // the host's socket is mounted where the default looks
            "JWKS_FILE",  // JWKS_URL, or a mount of one's own
        ]
        let passed = Set(compose.matches(of: #/\n +([A-Z_]+): /#).map { String($0.1) })
        #expect(Set(lines.map(\.name)).subtracting(elsewise).subtracting(passed).isEmpty)
        #expect(elsewise.isDisjoint(with: passed))
    }
}

extension HostFacts {
    static let example = HostFacts(
        cores: 16, memory: .gibibytes(120), hostName: "gpu-1", homeDirectory: "/home/worker",
        currentDirectory: "/srv/deadtrees")
}
