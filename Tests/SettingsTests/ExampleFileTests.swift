import Foundation
import Testing

@testable import Settings

/// `.env.example` is the reference of all settings, so it has to say what the code does.
@Suite struct ExampleFileTests {
    private let host = HostFacts.example
    private let lines: [(name: String, value: String)]

    init() throws {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
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
}

extension HostFacts {
    static let example = HostFacts(
        cores: 16, memory: .gibibytes(120), hostName: "gpu-1", homeDirectory: "/home/worker",
        currentDirectory: "/srv/deadtrees")
}
