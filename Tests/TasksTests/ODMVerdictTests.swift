import DB
import Failures
import Foundation
import Testing

@testable import Tasks

@Suite struct ODMVerdictTests {
    private func evidence(
        _ exitCode: Int32?, _ tail: String..., oomKilled: Bool = false, kill: KillReason? = nil,
        limit: Duration? = nil, logSuccess: Bool? = nil, hasOrthophoto: Bool = false
    ) -> ODMEvidence {
        ODMEvidence(
            kill: kill, limit: limit, exitCode: exitCode, oomKilled: oomKilled, tail: tail,
            log: logSuccess.flatMap { ODMRunLog(Data(#"{"success": \#($0)}"#.utf8)) },
            orthophoto: hasOrthophoto ? nil : .noOrthophoto())
    }

    private func code(_ evidence: ODMEvidence) -> String? { ODMVerdict.failure(evidence)?.code }

    @Test func aRunSucceededWhenItsCodeItsLogAndItsFileSaySo() {
        #expect(code(evidence(0, logSuccess: true, hasOrthophoto: true)) == nil)
        #expect(code(evidence(0, logSuccess: true, hasOrthophoto: false)) == "odm_no_orthophoto")
        #expect(code(evidence(0, logSuccess: false, hasOrthophoto: true)) == "odm_lost")
        #expect(code(evidence(0, logSuccess: nil, hasOrthophoto: true)) == "odm_lost")
        #expect(code(evidence(0)) == "odm_lost")
        #expect(code(evidence(1, logSuccess: true, hasOrthophoto: true)) == "odm_failed")
        #expect(code(evidence(nil)) == "odm_lost")
    }

    @Test func whatIsWrongWithTheOrthophotoIsSaid() throws {
        var run = evidence(0, logSuccess: true)
        run.orthophoto = .unusableOrthophoto(Failure("raster_without_crs", "no crs"))
        let failure = try #require(ODMVerdict.failure(run))
        #expect(failure.code == "odm_no_crs")
        #expect(failure.retry == .never)
        run.orthophoto = .unusableOrthophoto(Failure("raster_damaged", "x", detail: "TIFFReadDirectory"))
        let broken = try #require(ODMVerdict.failure(run))
        #expect(broken.code == "odm_broken_orthophoto")
        #expect(broken.detail?.contains("TIFFReadDirectory") == true)
        run.unexplainedFailures = 1
        #expect(ODMVerdict.failure(run)?.retry == .never)
    }

    /// Another run of the same photos would make the same again.
    @Test func anOrthophotoBeyondOurLimitsIsNotTriedAgain() {
        let found = Failure("raster_too_large", "x.tif claims 1 x 1 pixels")
        let failure = Failure.unusableOrthophoto(found)
        #expect(failure.code == "odm_broken_orthophoto")
        #expect(failure.retry == .never)
        #expect(failure.sentence.hasSuffix(found.sentence))
    }

    @Test(arguments: [
        (KillReason.deadline, "odm_timed_out", Failure.Retry.never), (.disk, "odm_disk_full", .later),
        (.stalled, "odm_stalled", .later), (.canceled, "odm_interrupted", .later),
        (.stale, "odm_interrupted", .later),
    ])
    func ourOwnKillOutdoesAllElse(_ kill: KillReason, _ expected: String, _ retry: Failure.Retry) throws {
        for exitCode: Int32? in [0, 1, 124, 137, 143, 255, nil] {
            let run = evidence(
                exitCode, "Killed", "Check that the images have enough overlap", oomKilled: true, kill: kill)
            let failure = try #require(ODMVerdict.failure(run))
            #expect(failure.code == expected)
            #expect(failure.retry == retry)
        }
    }

    /// The deadline came while the last files were written: a day's work is not thrown away for that.
    @Test func aRunThatWasDoneBeforeItsEndWasIsUsed() {
        #expect(code(evidence(0, kill: .deadline, logSuccess: true, hasOrthophoto: true)) == nil)
        #expect(code(evidence(0, kill: .canceled, logSuccess: true, hasOrthophoto: true)) == "odm_interrupted")
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
        #expect(code(evidence(1, "/code/opensfm: line 7:    41 Killed    python3 main.py")) == "odm_out_of_memory")
        #expect(code(evidence(1, "[INFO]    Loading Killed.JPG")) == "odm_failed")
        #expect(code(evidence(1, "[WARNING] filtering ran out of memory, retrying")) == "odm_failed")
    }

    @Test func aDaemonThatStopsEndsARunWith137Too() {
        let stop = "[WARNING] Caught TERM/INT signal, attempting to exit gracefully..."
        #expect(code(evidence(137, stop)) == "odm_interrupted")
        #expect(code(evidence(137, stop, oomKilled: true)) == "odm_out_of_memory")
    }

    @Test func aLackOfMemoryIsRetriedWhileSomethingGentlerIsLeft() throws {
        var run = evidence(137, oomKilled: true)
        run.memoryLimit = 24 << 30
        run.peakMemory = 23 << 30
        let first = try #require(ODMVerdict.failure(run))
        #expect(first.retry == .later)
        #expect(first.sentence == "ODM ran out of memory (it had 24.0 GiB); it is tried again with gentler settings")
        #expect(first.detail?.contains("peak memory 23552 MiB") == true)
        run.hasGentlerPlan = false
        let last = try #require(ODMVerdict.failure(run))
        #expect(last.retry == .never)
        #expect(last.sentence.contains("gentler settings did not help"))
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
        (124, "odm_timed_out", Failure.Retry.never), (143, "odm_interrupted", .later), (255, "odm_lost", .later),
        (2, "odm_bad_arguments", .never), (3, "odm_bad_image", .never), (127, "odm_bad_image", .never),
        (132, "odm_bad_cpu", .never), (1, "odm_failed", .later), (139, "odm_crashed", .later),
        (134, "odm_crashed", .later),
    ])
    func whatTheCodeAloneSays(_ exitCode: Int, _ expected: String, _ retry: Failure.Retry) throws {
        let failure = try #require(ODMVerdict.failure(evidence(Int32(exitCode), "[INFO]    running x")))
        #expect(failure.code == expected)
        #expect(failure.retry == retry)
        #expect(failure.detail?.contains("exit code \(exitCode)") == true)
    }

    @Test(arguments: [1, 134, 139])
    func strangeValuesAreWorthOneRetry(_ exitCode: Int) throws {
        let line = "[ERROR]   Uh oh! Processing stopped because of strange values in the reconstruction."
        var run = evidence(Int32(exitCode), line)
        let first = try #require(ODMVerdict.failure(run))
        #expect(first.code == "odm_strange_values")
        #expect(first.retry == .later)
        #expect(ODMVerdict.unexplained.contains(first.code))
        run.unexplainedFailures = 1
        #expect(ODMVerdict.failure(run)?.retry == .never)
    }

    /// The last lines may have been lost with the engine; the file that ODM wrote has them, too.
    @Test func theErrorInODMsOwnLogCounts() throws {
        var run = evidence(1)
        let message =
            "The program could not process this dataset using the current settings. Check that the images have enough overlap"
        run.log = ODMRunLog(Data(#"{"success": false, "error": {"code": 1, "message": "\#(message)"}}"#.utf8))
        #expect(code(run) == "odm_no_overlap")
        let killed = #"{"processes": [{"command": "opensfm", "exitCode": 137, "output": []}]}"#
        run.log = ODMRunLog(Data(killed.utf8))
        #expect(code(run) == "odm_out_of_memory")
        run.log = ODMRunLog(Data(#"{"stages": [{"name": "odm_meshing"}]}"#.utf8))
        #expect(ODMVerdict.failure(run)?.sentence == "ODM failed in odm_meshing for a reason that it did not name")
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
        #expect(code(evidence(2, data, disk, stop, memory, kill: .deadline)) == "odm_timed_out")
    }

    @Test(arguments: [
        (Duration.seconds(86_400), "the 24 h limit"), (.seconds(5400), "the 90 min limit"),
        (.seconds(61), "the 61 s limit"),
    ])
    func theLimitIsNamedInWords(_ limit: Duration, _ words: String) throws {
        let failure = try #require(ODMVerdict.failure(evidence(1, kill: .deadline, limit: limit)))
        #expect(failure.sentence.hasPrefix(words))
        #expect(failure.retry == .never)
    }

    @Test func theDetailHoldsTheLastLinesAndNoMore() throws {
        var long = evidence(1)
        long.tail = (0..<300).map { "line \($0) " + String(repeating: "x", count: 1000) }
        let detail = try #require(ODMVerdict.failure(long)?.detail)
        #expect(detail.count < 1700)
        #expect(detail.hasSuffix("x…"))
    }

    /// PostgreSQL's `jsonb` takes no NUL, and a log may hold anything.
    @Test func theReportIsJSONThatADatabaseTakes() throws {
        var run = evidence(1, "a\u{0}b", oomKilled: true, kill: .stalled)
        run.peakMemory = 5
        run.log = ODMRunLog(Data(#"{"error": {"message": "a\u0000b"}}"#.utf8))
        let json = ODMReport(run).json
        #expect(!json.contains("u0000"))
        let object = try #require(try JSONSerialization.jsonObject(with: Data(json.utf8)) as? [String: Any])
        #expect(object["killReason"] as? String == "stalled")
        #expect(object["exitCode"] as? Int == 1)
        #expect(object["peakMemory"] as? Int == 5)
        #expect(object["lastLines"] as? [String] == ["a b"])
        #expect((object["log"] as? [String: Any])?["errorMessage"] as? String == "a b")
        #expect((object["orthophoto"] as? String)?.hasPrefix("odm_no_orthophoto") == true)
    }
}
