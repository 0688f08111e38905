import TestSupport
import Testing

/// What an engine has, to compare before and after.
struct EngineLists: Equatable {
    let containers: Set<String>
    let volumes: Set<String>
    let networks: Set<String>

    static func now() async throws -> EngineLists {
        EngineLists(
            containers: try await list("ps", "--all", "--quiet", "--no-trunc"),
            volumes: try await list("volume", "ls", "--quiet"),
            networks: try await list("network", "ls", "--quiet", "--no-trunc"))
    }

    private static func list(_ arguments: String...) async throws -> Set<String> {
        let end = try await runProgram("/usr/bin/env", ["docker"] + arguments)
        try #require(end.status == 0, "docker \(arguments): \(end.output)")
        return Set(end.output.split(separator: "\n").map(String.init))
    }
}
