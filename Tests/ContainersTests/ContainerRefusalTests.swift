import Containers
import Failures
import Testing

@Suite(EngineUnderTest.isThere) struct ContainerRefusalTests {
    @Test func saysWhichImageIsMissing() async throws {
        let engine = try await EngineUnderTest.engine()
        let failure = try await failure {
            _ = try await engine.create(ContainerSpec(image: "deadtrees/no-such-image:1"), name: uniqueName())
        }
        #expect(failure.code == "image_missing")
        #expect(failure.retry == .never)
        #expect(failure.sentence.contains("docker pull deadtrees/no-such-image:1"))
    }

    @Test func refusesAMountThatDoesNotExist() async throws {
        let engine = try await EngineUnderTest.engine()
        var spec = ContainerSpec.shell("exit 0")
        spec.mounts = [.init(source: "/no/such/folder", target: "/project")]
        let refused = spec
        let failure = try await failure { _ = try await engine.create(refused, name: uniqueName()) }
        #expect(failure.code == "mount_missing")
        #expect(!failure.sentence.contains("/no/such"))
        #expect(failure.detail?.contains("/no/such/folder") == true)
    }

    @Test func saysThatThereIsNoGPU() async throws {
        let engine = try await EngineUnderTest.engine()
        guard try await !engine.info().hasNvidiaRuntime else { return }
        var spec = ContainerSpec.shell("exit 0")
        spec.gpus = .all
        try await withContainer(spec, on: engine, starts: false) { id in
            let failure = try await failure { try await engine.start(id) }
            #expect(failure.code == "gpu_missing")
            #expect(failure.retry == .never)
        }
    }

    @Test func saysThatTheProgramIsMissing() async throws {
        let engine = try await EngineUnderTest.engine()
        let spec = ContainerSpec(image: EngineUnderTest.image, command: ["no-such-program"])
        try await withContainer(spec, on: engine, starts: false) { id in
            let failure = try await failure { try await engine.start(id) }
            #expect(failure.code == "command_missing")
        }
    }

    @Test func letsOneContainerHaveAName() async throws {
        let engine = try await EngineUnderTest.engine()
        try await withContainer(.shell("exit 0"), on: engine, starts: false) { id in
            let name = try #require(try await engine.inspect(id)).name
            let failure = try await failure { _ = try await engine.create(.shell("exit 0"), name: name) }
            #expect(failure.code == "container_name_taken")
            #expect(failure.detail?.contains(id) == true)
        }
    }

    @Test func doesNotWaitForAContainerThatWasNeverStarted() async throws {
        let engine = try await EngineUnderTest.engine()
        try await withContainer(.shell("exit 0"), on: engine, starts: false) { id in
            let failure = try await failure { _ = try await engine.waitUntilExited(id) }
            #expect(failure.code == "container_not_started")
        }
    }

    @Test func saysThatAContainerIsGone() async throws {
        let engine = try await EngineUnderTest.engine()
        #expect(
            try await failure { _ = try await engine.waitUntilExited("no-such-container") }.code == "container_gone")
        #expect(try await failure { try await engine.start("no-such-container") }.code == "container_gone")
        let reading = try await failure {
            for try await _ in engine.logs("no-such-container", follow: true) {}
        }
        #expect(reading.code == "container_gone")
    }

    @Test func refusesLessMemoryThanTheEngineCanGive() async throws {
        let engine = try await EngineUnderTest.engine()
        var spec = ContainerSpec.shell("exit 0")
        spec.memory = 1 << 20
        let refused = spec
        let failure = try await failure { _ = try await engine.create(refused, name: uniqueName()) }
        #expect(failure.code == "docker_error")
        #expect(failure.retry == .never)
    }
}
