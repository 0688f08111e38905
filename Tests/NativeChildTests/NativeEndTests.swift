import Failures
import Foundation
import NativeChild
import TestSupport
import Testing

@testable import native_child_fixture

@Suite(.timeLimit(.minutes(3)))
struct NativeEndTests {
    private let runner = NativeRunner(executable: BuiltProducts.path("native-child-fixture"))

    private func failure(_ work: some NativeWork, _ limits: NativeLimits = NativeLimits()) async throws -> Failure {
        try await #require(throws: Failure.self) { try await runner.run(work, limits: limits) }
    }

    @Test func answersWithTheResultAndWhatItTook() async throws {
        let result = try await runner.run(Echo(text: "Grüße,\n\"Drohne\" \u{0}"))
        #expect(result.output.text == "Grüße,\n\"Drohne\" \u{0}")
        #expect(result.output.pid != getpid())
        #expect(result.peakMemoryBytes > 1 << 20 && result.peakMemoryBytes < 1 << 30)
        // Signal 0 asks whether there is such a process, a zombie included.
        #expect(kill(result.output.pid, 0) == -1 && errno == ESRCH)
    }

    @Test func theWorksOwnFailureComesThroughWhole() async throws {
        #expect(try await failure(Refuse()) == Refuse.failure)
    }

    @Test(arguments: [
        (Crash.Way.badAccess, "native_crashed", "the library that reads the file crashed on it"),
        (.trap, "native_crashed", "the library that reads the file crashed on it"),
        (.gaveUp, "native_aborted", "the library that reads the file gave up on it"),
    ])
    func aCrashFailsItsOwnWorkOnly(_ way: Crash.Way, _ code: String, _ reason: String) async throws {
        let failure = try await failure(Crash(way: way))
        #expect(failure.code == code)
        #expect(failure.sentence == "read raster could not be finished: \(reason); the file may be damaged")
        #expect(failure.detail?.hasPrefix("signal ") == true)
        #expect(failure.detail?.contains("last words") == true)
        #expect(failure.retry == .never)
    }

    @Test func aKillFromOutsideIsWorthARetry() async throws {
        let failure = try await failure(Crash(way: .killed))
        #expect(failure.code == "native_killed")
        #expect(failure.retry == .later)
        #expect(!failure.sentence.contains("damaged"))
    }

    @Test func anEndlessLoopEndsAtItsLimitOfCPUTime() async throws {
        let failure = try await failure(Spin(), NativeLimits(cpuSeconds: 1))
        #expect(failure.code == "native_cpu_limit")
        #expect(failure.sentence.contains("it used up its limit of CPU time"))
        #expect(failure.retry == .never)
    }

    @Test func aFloodOfMemoryEndsAtItsLimit() async throws {
        let failure = try await failure(Hoard(), NativeLimits(memory: 1 << 30))
        #expect(failure.code == "native_memory_limit")
        #expect(failure.sentence == "hoard could not be finished: it needs more than the 1024 MiB of memory it may use")
        #expect(failure.retry == .never)
    }

    @Test func aFloodOfBytesEndsAtTheLimitOfOneFile() async throws {
        let path = FileManager.default.temporaryDirectory.appending(path: "fill-\(UUID().uuidString)").path
        defer { unlink(path) }
        let failure = try await failure(Fill(path: path), NativeLimits(fileSize: 3 << 20))
        #expect(failure.code == "native_file_limit")
        #expect(failure.sentence.contains("it wrote a file larger than allowed"))
        #expect(try Data(contentsOf: URL(fileURLWithPath: path)).count <= 3 << 20)
    }

    @Test func whatALibraryPrintsIsNoAnswer() async throws {
        #expect(try await runner.run(Chatter()).output == "genuine")
    }

    @Test func endingWithoutAnAnswerIsAFailureWorthARetry() async throws {
        let failure = try await failure(Vanish())
        #expect(failure.code == "native_silent")
        #expect(failure.retry == .later)
    }

    @Test func aProgramThatIsNotOursIsAFailureAndNoCrash() async throws {
        let silent = try await #require(throws: Failure.self) {
            try await NativeRunner(executable: "/bin/true").run(Echo())
        }
        #expect(silent.code == "native_silent")
        let absent = try await #require(throws: Failure.self) {
            try await NativeRunner(executable: "/nowhere").run(Echo())
        }
        #expect(absent.code == "native_not_run")
        #expect(absent.retry == .later)
    }

    @Test func aLargeRequestAndALargeAnswerFitThrough() async throws {
        let text = String(repeating: "x", count: 3 << 20)
        #expect(try await runner.run(Echo(text: text)).output.text == text)
        #expect(try await runner.run(Large(bytes: 8 << 20)).output.utf8.count == 8 << 20)
    }

    @Test func progressNeverGoesBackAndEndsAtOne() async throws {
        let (stream, report) = AsyncStream.makeStream(of: Double.self)
        _ = try await runner.run(Count(values: 100_000)) { report.yield($0) }
        report.finish()
        let values = await stream.reduce(into: []) { $0.append($1) }
        #expect(values == values.sorted())
        #expect(values.first == 0)
        #expect(values.last == 1)
        // Thinned out to what people can see, but not to less.
        #expect((100...202).contains(values.count))
    }
}
