import Containers
import Failures
import Foundation
import Testing

/// A Docker Engine of the test's own, which it may kill.
@Suite(EngineUnderTest.isThere, .enabled(if: geteuid() == 0, "an engine of the test's own needs root"))
struct EngineRestartTests {
    /// An empty `DOCKER_HOST` is none: the services start an engine of their own.
    private func services(_ arguments: String..., in folder: String) async throws -> String {
        let environment = ["SERVICES_DIR": folder, "DOCKER_HOST": ""]
        return try await EngineUnderTest.run("services", arguments, environment: environment)
    }

    @Test func findsItsContainerAgainAfterTheEngineWasKilled() async throws {
        let folder = "/tmp/\(uniqueName().prefix(24))"
        do { try await loseAndFindAContainer(in: folder) } catch {
            _ = try await services("stop", in: folder)
            throw error
        }
        _ = try await services("stop", in: folder)
    }

    private func loseAndFindAContainer(in folder: String) async throws {
        _ = try await services("start", "docker", in: folder)
        let host = "unix://\(folder)/docker/docker.sock"
        guard try await services("env", in: folder).contains(host) else { return }
        let engine = try DockerEngine(host: host)
        var spec = ContainerSpec.shell("echo before; sleep 600")
        spec.labels = ["deadtrees.worker": "w1"]
        let id = try await engine.create(spec, name: uniqueName())
        try await engine.start(id)

        let waiting = Task { try await engine.waitUntilExited(id, pollEvery: .milliseconds(200)) }
        var position: LogPosition?
        let outage = try await failure {
            for try await line in engine.logs(id, follow: true) {
                position = line.position
                let pid = try String(contentsOfFile: "\(folder)/docker/dockerd.pid", encoding: .utf8)
                kill(try #require(Int32(pid.trimmingCharacters(in: .whitespacesAndNewlines))), SIGKILL)
            }
        }
        #expect(outage.code == "docker_unreachable")
        _ = try await services("start", in: folder)

        let state = try await waiting.value
        #expect(state.hasEnded)
        // Which code a lost container gets is the engine's choice: 0 would claim a success.
        #expect(state.exitCode != 0)
        let found = try await engine.list(labels: ["deadtrees.worker": "w1"])
        #expect(found.map(\.id) == [id])
        for try await line in engine.logs(id, after: position, follow: true) {
            Issue.record("came twice: \(line.text)")
        }
        try await engine.remove(id)
    }
}
