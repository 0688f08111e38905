import Containers
import Failures
import Foundation
import Testing

/// `scripts/pack-image`, with programs of this machine.
@Suite(EngineUnderTest.isThere) struct PackImageTests {
    private static let projection = "/usr/bin/gdalsrsinfo"

    private func withImage(of program: String, _ body: (DockerEngine, String) async throws -> Void) async throws {
        let tag = "deadtrees/\(uniqueName()):1"
        let engine = try await EngineUnderTest.engine()
        try await EngineUnderTest.run("pack-image", [program, tag])
        do { try await body(engine, tag) } catch {
            try await engine.removeImage(tag)
            throw error
        }
        try await engine.removeImage(tag)
    }

    @Test(.enabled(if: FileManager.default.isExecutableFile(atPath: projection), "gdal-bin is not installed"))
    func packsAProgramWithItsLibrariesAndTheirData() async throws {
        try await withImage(of: Self.projection) { engine, tag in
            let image = try #require(try await engine.inspectImage(tag))
            #expect(image.entrypoint == ["/usr/local/bin/gdalsrsinfo"])
            // Needs libgdal, libproj, and PROJ's database.
            let spec = ContainerSpec(image: tag, command: ["-o", "proj4", "EPSG:32615"])
            try await withContainer(spec, on: engine) { id in
                let lines = try await engine.logs(id, follow: true).reduce(into: []) { $0.append($1.text) }
                #expect(lines.contains { $0.contains("+proj=utm +zone=15") })
                let state = try await engine.waitUntilExited(id)
                #expect(state.exitCode == 0)
            }
        }
    }

    @Test func makesNoSecondImageOfTheSameProgram() async throws {
        try await withImage(of: "/usr/bin/env") { engine, tag in
            let first = try await engine.inspectImage(tag)?.id
            try await EngineUnderTest.run("pack-image", ["/usr/bin/env", tag])
            #expect(try await engine.inspectImage(tag)?.id == first)
            try await EngineUnderTest.run("pack-image", ["/usr/bin/id", tag])
            #expect(try await engine.inspectImage(tag)?.id != first)
        }
    }

    @Test func bringsGNUTimeoutAndAShell() async throws {
        try await withImage(of: "/usr/bin/env") { engine, tag in
            for (entrypoint, output) in [
                (["timeout", "--version"], "coreutils"), (["sh", "-c", "ls -d /tmp"], "/tmp"),
            ] {
                var spec = ContainerSpec(image: tag)
                spec.entrypoint = entrypoint
                try await withContainer(spec, on: engine) { id in
                    let lines = try await engine.logs(id, follow: true).reduce(into: []) { $0.append($1.text) }
                    #expect(lines.first?.contains(output) == true)
                }
            }
        }
    }

    @Test func refusesWhatIsNoProgram() async throws {
        await #expect(throws: (any Error).self) {
            try await EngineUnderTest.run("pack-image", ["/etc/passwd", "deadtrees/none:1"])
        }
    }
}
