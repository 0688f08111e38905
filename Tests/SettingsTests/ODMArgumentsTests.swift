import Failures
import Testing

@testable import Settings

@Suite struct ODMArgumentsTests {
    @Test func readsOptionsWithAndWithoutValues() throws {
        let arguments = try ODMArguments(written: "--skip-report  --crop 1 --split=400 --geo '/project/my file.txt'")
        #expect(
            arguments.words == ["--skip-report", "--crop", "1", "--split", "400", "--geo", "/project/my file.txt"])
        #expect(arguments.value(of: "--split") == "400")
        #expect(arguments.value(of: "--skip-report") == nil)
        #expect(arguments.contains("--skip-report"))
    }

    @Test(arguments: [
        ("400", #""400" belongs to no option"#), ("--split 400 500", #""500" belongs to no option"#),
        ("--split=400 500", #""500" belongs to no option"#), ("mydata --dsm", #""mydata" belongs to no option"#),
        ("--geo '/my file.txt", "its last quote does not end"),
        ("--", "-- must be an option of ODM 3.6, which has none of that name"),
        ("--=4", "-- must be an option of ODM 3.6, which has none of that name"),
        ("-x 3", "-x must be an option of ODM 3.6, which has none of that name"),
        (
            "--use-3dmm",
            "--use-3dmm must be an option of ODM 3.6, which has none of that name; there is --use-3dmesh"
        ),
        ("--orthophoto-res 3", "--orthophoto-res must be written in full: --orthophoto-resolution"),
        (
            "--dem",
            "--dem must be written in full: --dem-decimation or --dem-euclidean-map or --dem-gapfill-steps or --dem-resolution"
        ),
        ("--verbose", "--verbose must not be there: it is of an older ODM and has no effect any more"),
        ("--dsm --dsm", "--dsm must be named once only"), ("--split 1 --split=2", "--split must be named once only"),
        ("--dsm=yes", #"--dsm must be the option alone, without a value, not "yes""#),
        ("--dsm yes", #""yes" belongs to no option"#),
        ("--split", "--split must have a value: a whole number from 1 to 100000000"),
        ("--split --dsm", "--split must have a value: a whole number from 1 to 100000000"),
        ("--split=", #"--split must be a whole number from 1 to 100000000, not """#),
        ("--max-concurrency 0", #"--max-concurrency must be a whole number from 1 to 4096, not "0""#),
        (
            "--orthophoto-resolution -5",
            #"--orthophoto-resolution must be a number from 0.01 to 10000 (cm a pixel), not "-5""#
        ),
        (
            "--feature-quality best",
            #"--feature-quality must be one of ultra, high, medium, low, lowest, not "best""#
        ),
        ("--project-path /x", "--project-path must not be there: the worker sets it"),
        ("--rerun-all", "--rerun-all must not be there: every run begins anew, in a folder of its own"),
        ("-e dataset", "-e must not be there: the run would end before its orthophoto"),
        ("--copy-to /x", "--copy-to must not be there: the worker stores the results"),
        ("--skip-orthophoto", "--skip-orthophoto must not be there: the orthophoto is what the run is for"),
        ("--sm-cluster http://c:3000", "--sm-cluster must not be there: ODM_CLUSTER_URL says where submodels go"),
        (
            "--sky-removal",
            "--sky-removal must not be there: the container has no network to fetch the model from, and ODM would go on without it"
        ),
    ])
    func refusesWhatODMWouldNotTakeAsMeant(_ text: String, _ sentence: String) {
        let failure = #expect(throws: Failure.self) { try ODMArguments(written: text) }
        #expect(failure?.sentence == sentence)
    }

    @Test func replacesValuesAndAddsOptions() throws {
        let extra = try ODMArguments(written: "--feature-quality medium --dsm")
        #expect(
            ODMArguments.production.merging(extra).description
                == "--fast-orthophoto --feature-quality medium --matcher-neighbors 12 --orthophoto-resolution 1.0"
                + " --skip-report --auto-boundary --dsm")
    }

    @Test func takesADefaultAway() throws {
        let extra = try ODMArguments(written: "--fast-orthophoto=false --skip-report true --matcher-neighbors=false")
        let merged = ODMArguments.production.merging(extra)
        #expect(!merged.contains("--fast-orthophoto"))
        #expect(!merged.contains("--matcher-neighbors"))
        #expect(merged.contains("--skip-report"))
        #expect(merged.value(of: "--skip-report") == nil)
    }

    @Test func addsWhatARunNeedsUnlessItIsSet() throws {
        var arguments = try ODMArguments().merging(ODMArguments(written: "--max-concurrency 4 --gps-accuracy=false"))
        arguments.setDefault("--max-concurrency", to: "2")
        arguments.setDefault("--feature-type", to: "sift")
        arguments.setDefault("--gps-accuracy", to: "0.02")
        #expect(arguments.description == "--max-concurrency 4 --feature-type sift")
    }

    @Test func canBeReadBackFromItsDescription() throws {
        let arguments = try ODMArguments(written: #"--geo '/my file.txt' --gps-z-offset=-1 --cameras '{"a": 1}'"#)
        #expect(try ODMArguments(written: arguments.description) == arguments)
    }

    @Test func theVariableIsNamed() throws {
        let failure = #expect(throws: Failure.self) {
            try AppSettings(environment: ["ODM_ARGS": "--crop -1"], host: .example)
        }
        #expect(
            failure?.sentence.hasSuffix(
                #"ODM_ARGS is "--crop -1", but in it --crop must be a number from 0 to 100000 (metres), not "-1""#)
                == true, "\(failure?.sentence ?? "")")
    }
}
