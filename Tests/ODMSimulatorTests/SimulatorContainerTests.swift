import Containers
import Foundation
import TestSupport
import Testing

/// The faults that need a container's memory limit, seen from the engine, with `timeout` as the first process.
@Suite(.enabled(if: Docker.isAvailable, Docker.whyNot)) struct SimulatorContainerTests {
    private struct End {
        let state: ContainerDetails.State
        let lines: [String]
    }

    private func run(_ settings: [String: String], in project: SimulatorProject) async throws -> End {
        let engine = try DockerEngine(host: ProcessInfo.processInfo.environment["DOCKER_HOST"] ?? "")
        defer { engine.shutdown() }
        var spec = ContainerSpec(
            image: try await SimulatedODM.image(settings.merging(["SECONDS": "0.5"]) { $1 }),
            command: SimulatorProject.commandLine("/project", []))
        spec.entrypoint = ["timeout", "-k", "60", "300", "/usr/local/bin/odm-simulator"]
        spec.environment = ["no_ansiesc": "1"]
        spec.mounts = [.init(source: project.root, target: "/project")]
        spec.memory = 192 << 20
        let id = try await engine.create(spec, name: "deadtrees-simulator-\(UUID().uuidString.prefix(8))")
        do {
            try await engine.start(id)
            let state = try await engine.waitUntilExited(id)
            let lines = try await engine.logs(id, follow: true).reduce(into: []) { $0.append($1.text) }
            try await engine.remove(id)
            return End(state: state, lines: lines)
        } catch {
            try? await engine.remove(id)  // The first failure is the one to report.
            throw error
        }
    }

    @Test func theKernelKillsAChildAndODMSaysSo() async throws {
        let project = try SimulatorProject()
        let end = try await run(["FAULT": "oom-child"], in: project)
        #expect(end.state.exitCode == 137)
        #expect(end.state.oomKilled)
        #expect(end.lines.contains("Killed"))
        #expect(end.lines.last?.hasPrefix("[ERROR]   Whoops! You ran out of memory!") == true)
        #expect(try project.record.error?.code == 137)
    }

    @Test func theKernelKillsAChildAndTheRunEndsWell() async throws {
        let project = try SimulatorProject()
        let end = try await run(["FAULT": "oom-child-survived"], in: project)
        #expect(end.state.exitCode == 0)
        #expect(end.state.oomKilled)
        #expect(end.lines.contains("Killed"))
        #expect(try project.record.success)
    }

    @Test func theKernelKillsTheFirstProcess() async throws {
        let project = try SimulatorProject()
        let end = try await run(["FAULT": "oom-container"], in: project)
        #expect(end.state.exitCode == 137)
        #expect(end.state.oomKilled)
        #expect(!end.lines.contains("Killed"))
        #expect(!project.has("log.json"))
    }

    @Test func anImageIsMadeOnce() async throws {
        let script = BuiltProducts.repository.appending(path: "scripts/odm-simulator").path
        let tag = "deadtrees/odm-simulator:made-once"
        func id() async throws -> String {
            try await runProgram("/usr/bin/env", ["docker", "image", "inspect", "--format", "{{.Id}}", tag]).output
        }
        #expect(try await runProgram(script, [tag, "ODM_SIM_MIX=none:60,crash:5"]).status == 0)
        let first = try await id()
        #expect(try await runProgram(script, [tag, "ODM_SIM_MIX=none:60,crash:5"]).status == 0)
        #expect(try await id() == first)
        #expect(try await runProgram(script, [tag, "ODM_SIM_MIX=none:60,crash:6"]).status == 0)
        #expect(try await id() != first)
        #expect(try await runProgram(script, [tag, "PATH=/"]).status == 2)
        try await runProgram("/usr/bin/env", ["docker", "image", "rm", tag])
    }
}
