import Testing

@testable import Settings

@Suite struct ODMArgumentsTests {
    @Test func readsFlagsWithAndWithoutValues() throws {
        let arguments = try #require(ODMArguments(written: "--skip-report  --crop -1 --split=400 --geo 'my file.txt'"))
        #expect(arguments.words == ["--skip-report", "--crop", "-1", "--split", "400", "--geo", "my file.txt"])
        #expect(arguments.value(of: "--split") == "400")
        #expect(arguments.value(of: "--skip-report") == nil)
        #expect(arguments.contains("--skip-report"))
    }

    @Test(arguments: ["400", "--split 400 500", "--split=400 500", "--", "--=4", "--geo 'my file.txt", "-x 3"])
    func refusesWhatIsNoCommandLine(_ text: String) {
        #expect(ODMArguments(written: text) == nil)
    }

    @Test func keepsTheLastOfAFlagThatIsNamedTwice() throws {
        let arguments = try #require(ODMArguments(written: "--split 400 --dsm --split 800"))
        #expect(arguments.words == ["--split", "800", "--dsm"])
    }

    @Test func replacesValuesAndAddsFlags() throws {
        let extra = try #require(ODMArguments(written: "--feature-quality medium --dsm"))
        #expect(
            ODMArguments.production.merging(extra).description
                == "--fast-orthophoto --feature-quality medium --matcher-neighbors 12 --orthophoto-resolution 1.0"
                + " --skip-report --auto-boundary --dsm")
    }

    @Test func takesADefaultAway() throws {
        let extra = try #require(ODMArguments(written: "--fast-orthophoto=false --skip-report true"))
        let merged = ODMArguments.production.merging(extra)
        #expect(!merged.contains("--fast-orthophoto"))
        #expect(merged.contains("--skip-report"))
        #expect(merged.value(of: "--skip-report") == nil)
    }

    @Test func addsWhatARunNeedsUnlessItIsSet() throws {
        var arguments = try #require(ODMArguments(written: "--max-concurrency 4"))
        arguments.setDefault("--max-concurrency", to: "2")
        arguments.setDefault("--feature-type", to: "sift")
        #expect(arguments.description == "--max-concurrency 4 --feature-type sift")
    }

    @Test func canBeReadBackFromItsDescription() throws {
        let arguments = try #require(ODMArguments(written: "--geo 'my file.txt' --crop=-1 --note ''"))
        #expect(ODMArguments(written: arguments.description) == arguments)
    }
}
