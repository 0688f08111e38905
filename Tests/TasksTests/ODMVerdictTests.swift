import Failures
import Testing

@testable import Tasks

@Suite struct ODMVerdictTests {
    private func evidence(
        _ exitCode: Int32?, _ tail: String..., oomKilled: Bool = false, timedOut: Duration? = nil,
        logSuccess: Bool? = nil, hasOrthophoto: Bool = false
    ) -> ODMEvidence {
        ODMEvidence(
            timedOut: timedOut, exitCode: exitCode, oomKilled: oomKilled, tail: tail, logSuccess: logSuccess,
            hasOrthophoto: hasOrthophoto)
    }

    private func code(_ evidence: ODMEvidence) -> String? { ODMVerdict.failure(evidence)?.code }

    @Test func aRunSucceededWhenItsCodeItsLogAndItsFileSaySo() {
        #expect(code(evidence(0, logSuccess: true, hasOrthophoto: true)) == nil)
        #expect(code(evidence(0, logSuccess: true, hasOrthophoto: false)) == "odm_no_orthophoto")
        #expect(code(evidence(0, logSuccess: false, hasOrthophoto: true)) == "odm_lost")
        #expect(code(evidence(0, logSuccess: nil, hasOrthophoto: true)) == "odm_lost")
        #expect(code(evidence(1, logSuccess: true, hasOrthophoto: true)) == "odm_failed")
        #expect(code(evidence(nil)) == "odm_failed")
    }

    @Test func whatARunSurvivedIsNoFailure() {
        let run = evidence(
            0, "Killed",
            "[WARNING] OpenMVS ran out of memory, we're going to turn on tiling to see if we can process this.",
            "Writing to disk: No space left on device, trying elsewhere", oomKilled: true, logSuccess: true,
            hasOrthophoto: true)
        #expect(code(run) == nil)
    }

    @Test(arguments: [
        "[ERROR]   Whoops! You ran out of memory! Add more RAM to your computer, if you're using docker configure it to use more memory",
        "Killed", "Child returned 137", "MemoryError",
        "terminate called after throwing an instance of 'std::bad_alloc'",
        "Couldn't allocate enough memory to render the orthophoto (20000x20000 cells, 4 bands)",
    ])
    func linesThatTellOfALackOfMemory(_ line: String) throws {
        let failure = try #require(ODMVerdict.failure(evidence(1, "[INFO]    running x", line)))
        #expect(failure.code == "odm_out_of_memory")
        #expect(failure.retry == .later)
        #expect(failure.detail?.contains(line) == true)
    }

    @Test func theKernelsWordOnMemoryCounts() {
        #expect(code(evidence(137)) == "odm_out_of_memory")
        #expect(code(evidence(1, oomKilled: true)) == "odm_out_of_memory")
        #expect(code(evidence(1, "[WARNING] filtering ran out of memory, retrying")) == "odm_failed")
    }

    @Test(arguments: [
        (
            "[ERROR]   There are no images in /project/1/images! Make sure that your project path is correct",
            "odm_too_few_photos"
        ),
        ("[ERROR]   Not enough supported images in /project/1/images", "odm_too_few_photos"),
        ("[ERROR]   Not enough photos in photos array to start OpenSfM", "odm_too_few_photos"),
        (
            "[ERROR]   The program could not process this dataset using the current settings. Check that the images have enough overlap, that there are enough recognizable features",
            "odm_no_overlap"
        ),
        ("[ERROR]   Uh oh! We ended up with an empty point cloud.", "odm_no_surface"),
        (
            "[ERROR]   Dense reconstruction failed. This could be due to poor georeferencing or insufficient image overlap.",
            "odm_no_surface"
        ),
        ("[ERROR]   Cannot find scene_dense.mvs", "odm_no_surface"),
        ("[ERROR]   This GCP file does not have any entries.", "odm_bad_gcp"),
        ("[ERROR]   no valid GCP entries could be used", "odm_bad_gcp"),
    ])
    func badDataIsPermanent(_ line: String, _ expected: String) throws {
        let failure = try #require(ODMVerdict.failure(evidence(1, line)))
        #expect(failure.code == expected)
        #expect(failure.retry == .never)
    }

    @Test(arguments: [
        (124, "odm_timed_out", Failure.Retry.never), (143, "odm_interrupted", .later), (255, "odm_interrupted", .later),
        (2, "odm_bad_arguments", .never), (3, "odm_bad_image", .never), (127, "odm_bad_image", .never),
        (132, "odm_bad_cpu", .never), (1, "odm_failed", .later), (139, "odm_failed", .later),
    ])
    func whatTheCodeAloneSays(_ exitCode: Int, _ expected: String, _ retry: Failure.Retry) throws {
        let failure = try #require(
            ODMVerdict.failure(evidence(Int32(exitCode), "Uh oh! Processing stopped because of strange values")))
        #expect(failure.code == expected)
        #expect(failure.retry == retry)
        #expect(failure.detail?.contains("exit code \(exitCode)") == true)
    }

    @Test func aDiskThatWasFullIsWorthARetry() {
        for line in ["OSError: [Errno 28] No space left on device", "queue.Full"] {
            #expect(code(evidence(1, line)) == "odm_disk_full")
        }
    }

    /// Each kind of evidence outdoes those that come after it, whatever else was seen.
    @Test func evidenceIsTakenInItsOrder() {
        let data = "Check that the images have enough overlap"
        let disk = "No space left on device"
        let stop = "[WARNING] Caught TERM/INT signal, attempting to exit gracefully..."
        let memory = "Killed"
        #expect(code(evidence(2, data)) == "odm_no_overlap")
        #expect(code(evidence(2, data, disk)) == "odm_disk_full")
        #expect(code(evidence(2, data, disk, stop)) == "odm_interrupted")
        #expect(code(evidence(2, data, disk, stop, memory)) == "odm_out_of_memory")
        #expect(code(evidence(2, data, disk, stop, memory, timedOut: .seconds(60))) == "odm_timed_out")
        #expect(code(evidence(137, oomKilled: true, timedOut: .seconds(60))) == "odm_timed_out")
        #expect(code(evidence(137, stop, logSuccess: true, hasOrthophoto: true)) == "odm_out_of_memory")
    }

    @Test(arguments: [
        (Duration.seconds(86_400), "the 24 h limit"), (.seconds(5400), "the 90 min limit"),
        (.seconds(61), "the 61 s limit"),
    ])
    func theLimitIsNamedInWords(_ limit: Duration, _ words: String) throws {
        let failure = try #require(ODMVerdict.failure(evidence(1, timedOut: limit)))
        #expect(failure.sentence.hasPrefix(words))
        #expect(failure.retry == .never)
    }

    @Test func theDetailHoldsTheLastLinesAndNoMore() throws {
        var long = evidence(1)
        long.tail = (0..<300).map { "line \($0) " + String(repeating: "x", count: 1000) }
        let detail = try #require(ODMVerdict.failure(long)?.detail)
        #expect(detail.count < 1700)
        #expect(detail.hasSuffix("xxx"))
    }
}
