import Failures
import Mosaic
import Testing

@Suite struct ODMArgumentsTests {
    @Test func takesTheProductionCommandLine() throws {
        let line =
            "--project-path /project ds1-a2 --fast-orthophoto --feature-quality high --matcher-neighbors 12 "
            + "--orthophoto-resolution 1.0 --skip-report --max-concurrency 2 --feature-type sift --auto-boundary "
            + "--gps-accuracy 0.1 --skip-band-alignment"
        let arguments = try ODMArguments(line.split(separator: " ").map(String.init))
        #expect(arguments.projectPath == "/project")
        #expect(arguments.name == "ds1-a2")
        #expect(arguments.orthophotoResolution == 1)
        #expect(arguments.maxConcurrency == 2)
        #expect(arguments.gpsAccuracy == 0.1)
        #expect(arguments.given["matcher_neighbors"] == "12")
        #expect(arguments.given["fast_orthophoto"] == "true")
    }

    @Test func hasTheDefaultsOfODM() throws {
        let arguments = try ODMArguments([])
        #expect(arguments.name == "code")
        #expect(arguments.orthophotoResolution == 5)
        #expect(arguments.compression == "DEFLATE")
    }

    @Test func takesBeginningsOfNamesAndValuesAfterAnEqualsSign() throws {
        let arguments = try ODMArguments(["--orthophoto-res=3", "--project=/p", "x"])
        #expect(arguments.orthophotoResolution == 3)
        #expect(arguments.projectPath == "/p")
    }

    @Test func ignoresOptionsOfOlderReleasesWithAWord() throws {
        #expect(try ODMArguments(["--verbose", "x"]).droppedOptions == ["--verbose"])
    }

    @Test func answersHelpBeforeItLooksAtTheRest() throws {
        guard case .help = try ODMArguments(["--help", "--no-such-thing"]).request else {
            Issue.record("not taken for a call for help")
            return
        }
        #expect(ODMArguments.helpText.contains("--sky-removal"))
    }

    @Test(arguments: [
        (["--use-3dmm"], "unrecognized arguments: --use-3dmm"),
        (["a", "b", "--nope", "--skip-report"], "unrecognized arguments: --nope b"),
        (["--split-o", "1", "--s"], "ambiguous option: --s could match "),
        (["--matcher-neighbors", "many"], "argument --matcher-neighbors: invalid int value: 'many'"),
        (["--orthophoto-resolution", "fine"], "argument --orthophoto-resolution: invalid float value: 'fine'"),
        (["--orthophoto-resolution"], "argument --orthophoto-resolution: expected one argument"),
        (["--orthophoto-resolution", "--skip-report"], "argument --orthophoto-resolution: expected one argument"),
        (["--orthophoto-resolution", "-5"], "argument --orthophoto-resolution: must be above 0"),
        (["--feature-type", "surf"], "argument --feature-type: invalid choice: 'surf' (choose from 'akaze', "),
        (["--skip-report=yes"], "argument --skip-report: ignored explicit argument 'yes'"),
        (["--max-concurrency", "0"], "argument --max-concurrency: must be above 0"),
    ])
    func refusesAsArgparseDoes(line: [String], sentence: String) {
        let failure = #expect(throws: Failure.self) { try ODMArguments(line) }
        #expect(failure?.sentence.hasPrefix(sentence) == true, "\(failure?.sentence ?? "")")
    }
}
