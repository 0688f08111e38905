import Containers
import Failures
import Testing

@Suite(EngineUnderTest.isThere) struct ContainerLogTests {
    private func lines(_ sequence: LogLines) async throws -> [LogLine] {
        try await sequence.reduce(into: []) { $0.append($1) }
    }

    @Test func readsBothStreamsWhole() async throws {
        let engine = try await EngineUnderTest.engine()
        try await withContainer(.shell("echo out; echo err >&2; echo ümläut; printf 'no newline'"), on: engine) { id in
            let all = try await lines(engine.logs(id, follow: true))
            #expect(all.filter { $0.stream == .output }.map(\.text) == ["out", "ümläut", "no newline"])
            #expect(all.filter { $0.stream == .error }.map(\.text) == ["err"])
            #expect(try await engine.waitUntilExited(id).exitCode == 0)
        }
    }

    @Test func joinsLinesThatTheEngineSplits() async throws {
        let engine = try await EngineUnderTest.engine()
        let script = "head -c 40000 /dev/zero | tr '\\0' x; echo; echo end"
        try await withContainer(.shell(script), on: engine) { id in
            let all = try await lines(engine.logs(id, follow: true))
            #expect(all.map { $0.text.utf8.count } == [40000, 3])
        }
    }

    @Test func followsUntilTheContainerIsKilled() async throws {
        let engine = try await EngineUnderTest.engine()
        try await withContainer(.shell("echo ready; sleep 600"), on: engine) { id in
            var texts: [String] = []
            for try await line in engine.logs(id, follow: true) {
                texts.append(line.text)
                try await engine.kill(id)
            }
            #expect(texts == ["ready"])
        }
    }

    @Test func goesOnWhereReadingEndedWithoutLossOrRepetition() async throws {
        let engine = try await EngineUnderTest.engine()
        let script = "i=0; while [ $i -lt 3000 ]; do echo $i; i=$((i+1)); done"
        try await withContainer(.shell(script), on: engine) { id in
            var texts: [String] = []
            var position: LogPosition?
            while texts.count < 3000 {
                var count = 0
                for try await line in engine.logs(id, after: position, follow: true) {
                    texts.append(line.text)
                    // What a restarted worker reads from its table.
                    position = LogPosition(line.position.description)
                    count += 1
                    if count == 271 { break }
                }
                try #require(count > 0, "the output ended early")
            }
            #expect(texts == (0..<3000).map(String.init))
            #expect(try await lines(engine.logs(id, after: position, follow: true)).isEmpty)
        }
    }

    @Test func losesNothingWhenTheReaderIsSlow() async throws {
        let engine = try await EngineUnderTest.engine()
        let script = "line=$(head -c 2000 /dev/zero | tr '\\0' x); yes $line | head -n 8000"
        try await withContainer(.shell(script), on: engine) { id in
            _ = try await engine.waitUntilExited(id)
            var count = 0
            for try await line in engine.logs(id, follow: false) {
                #expect(line.text.utf8.count == 2000)
                if count == 0 { _ = try await engine.info() }
                count += 1
            }
            #expect(count == 8000)
        }
    }

    @Test func readsWhatIsThereWithoutFollowing() async throws {
        let engine = try await EngineUnderTest.engine()
        try await withContainer(.shell("echo one; echo two; sleep 600"), on: engine) { id in
            try await eventually("both lines are there") {
                try await lines(engine.logs(id, follow: false)).map(\.text) == ["one", "two"]
            }
        }
    }
}
