import Foundation
import ODMFlags
import Settings
import Testing

@testable import Tasks

@Suite struct ODMOptionsTests {
    private func options(_ environment: [String: String] = [:]) throws -> ODMOptions {
        let host = HostFacts(
            cores: 16, memory: .gibibytes(64), hostName: "gpu-1", homeDirectory: "/root", currentDirectory: "/")
        let settings = try AppSettings(
            environment: environment.merging(["ODM_MEMORY": "24GiB"]) { mine, _ in mine }, host: host)
        return ODMOptions(settings: settings.odm, host: "gpu-1", worker: "gpu-1", workFolder: "/work")
    }

    /// What an unpacked set says of itself.
    private func photos(
        megapixels: Double = 12, accuracy: Double? = nil, count: Int = 100, placed: Int = 100, memory: Int64 = 0
    ) throws -> UnpackPhotos.Output {
        let rtk =
            accuracy.map { #", "rtk": {"files": {"MRK": 1}, "marks": {"fixed": 9}, "photos": {}, "accuracy": \#($0)}"# }
            ?? ""
        let json = """
            {"photos": \(count), "bytes": 1000, "largestMegapixels": \(megapixels), "megapixels": 1200,
             "cameraMetadata": "{}", "warnings": [], "leftOut": 0, "placed": \(placed), "estimatedMemory": \(memory),
             "estimatedDisk": 0\(rtk)}
            """
        return try JSONDecoder().decode(UnpackPhotos.Output.self, from: Data(json.utf8))
    }

    private func words(
        _ environment: [String: String] = [:], set: UnpackPhotos.Output, hasGPU: Bool = false
    ) throws -> [String] {
        try options(environment).plan(dataset: 1, set: set, hasGPU: hasGPU).command
    }

    private func value(of flag: String, in command: [String]) -> String? {
        command.firstIndex(of: flag).flatMap { command.indices.contains($0 + 1) ? command[$0 + 1] : nil }
    }

    @Test func theCommandIsTheContracts() throws {
        let command = try options().plan(dataset: 42, set: photos(), hasGPU: false).command
        #expect(Array(command.prefix(3)) == ["--project-path", "/project", "42"])
        for flag in ["--fast-orthophoto", "--skip-report", "--auto-boundary"] { #expect(command.contains(flag)) }
        #expect(value(of: "--feature-quality", in: command) == "high")
        #expect(value(of: "--orthophoto-resolution", in: command) == "1.0")
        #expect(command.filter { $0 == "--max-concurrency" }.count == 1)
    }

    /// 24 GiB, of which 16 are counted on; a thread takes 1 GiB for every 2 megapixels.
    @Test(arguments: [(0.0, 16), (2.0, 16), (4.0, 8), (12.0, 2), (20.0, 1), (100.0, 1)])
    func concurrencyFollowsMemoryAndMegapixels(_ megapixels: Double, _ expected: Int) throws {
        let command = try words(set: photos(megapixels: megapixels))
        #expect(value(of: "--max-concurrency", in: command) == "\(expected)")
    }

    @Test func concurrencyKeepsToTheProcessorLimit() throws {
        #expect(try options(["ODM_CPUS": "0.5"]).concurrency(megapixels: 2) == 1)
        #expect(try options(["ODM_CPUS": "2.5"]).concurrency(megapixels: 2) == 3)
    }

    @Test func siftOnlyWithAGPU() throws {
        #expect(
            try value(of: "--feature-type", in: words(set: photos(), hasGPU: true)) == "sift")
        #expect(try !words(set: photos()).contains("--feature-type"))
    }

    @Test(arguments: [(0.018, "0.018"), (0.004, "0.010"), (1.5, "1.500")])
    func theAccuracyOfPositionsComesFromRTK(_ accuracy: Double, _ expected: String) throws {
        let command = try words(set: photos(accuracy: accuracy))
        #expect(value(of: "--gps-accuracy", in: command) == expected)
    }

    @Test func withoutRTKNoAccuracyIsClaimed() throws {
        #expect(try !words(set: photos()).contains("--gps-accuracy"))
        #expect(try !words(set: photos(accuracy: 0)).contains("--gps-accuracy"))
    }

    @Test func whatTheOperatorSetWins() throws {
        let set = "--feature-type orb --max-concurrency 3 --gps-accuracy 5 --fast-orthophoto=false --pc-quality low"
        let command = try words(["ODM_ARGS": set], set: photos(accuracy: 0.02), hasGPU: true)
        #expect(value(of: "--feature-type", in: command) == "orb")
        #expect(value(of: "--max-concurrency", in: command) == "3")
        #expect(value(of: "--gps-accuracy", in: command) == "5")
        #expect(value(of: "--pc-quality", in: command) == "low")
        #expect(!command.contains("--fast-orthophoto"))
    }

    @Test func whatTheOperatorTakesAwayStaysAway() throws {
        let set = "--feature-type=false --gps-accuracy=false --max-concurrency=false --split=false"
        let large = try photos(accuracy: 0.02, count: 900, placed: 900, memory: 96 << 30)
        let command = try words(["ODM_ARGS": set], set: large, hasGPU: true)
        for flag in ["--feature-type", "--gps-accuracy", "--max-concurrency", "--split"] {
            #expect(!command.contains(flag))
        }
    }

    @Test func aGPUThatODMMustNotUseChangesNothing() throws {
        #expect(try !words(["ODM_ARGS": "--no-gpu"], set: photos(), hasGPU: true).contains("--feature-type"))
    }

    /// 24 GiB. A part has two thirds of what fits, and not less than 50 photos nor more than half of them.
    @Test(arguments: [
        (400, 400, 25, "200"), (400, 400, 48, "133"), (400, 400, 960, "50"), (100, 100, 48, "50"),
        (400, 400, 24, nil), (400, 399, 48, nil), (99, 99, 48, nil), (400, 0, 48, nil),
    ])
    func aSetBeyondTheMemoryIsSplit(_ count: Int, _ placed: Int, _ gibibytes: Int64, _ part: String?) throws {
        let set = try photos(count: count, placed: placed, memory: gibibytes << 30)
        let plan = try options().plan(dataset: 1, set: set, hasGPU: false)
        #expect(value(of: "--split", in: plan.command) == part)
        #expect(value(of: "--split-overlap", in: plan.command) == part.map { _ in "150" })
        #expect(plan.adjustments.isEmpty == (part == nil))
        #expect(!plan.needsNetwork)
        #expect(!plan.command.contains("--sm-cluster"))
    }

    @Test func partsGoToTheClusterThatIsThere() throws {
        let options = try options(["ODM_CLUSTER_URL": "http://cluster:3000"])
        let large = try photos(count: 400, placed: 400, memory: 48 << 30)
        let split = try options.plan(dataset: 1, set: large, hasGPU: false)
        #expect(value(of: "--sm-cluster", in: split.command) == "http://cluster:3000")
        #expect(split.needsNetwork)
        #expect(
            split.warning
                == "made with other settings, for lack of memory: in parts of about 133 photos: the whole set wants"
                + " about 48 GiB of memory, and ODM has 24 GiB")
        #expect(split.shownCommand == split.command)
        let secret = try self.options(["ODM_CLUSTER_URL": "http://cluster:3000/?token=s3cret"])
            .plan(dataset: 1, set: large, hasGPU: false)
        #expect(value(of: "--sm-cluster", in: secret.command) == "http://cluster:3000/?token=s3cret")
        #expect(value(of: "--sm-cluster", in: secret.shownCommand) == "http://cluster:3000/?…")
        let whole = try options.plan(dataset: 1, set: photos(), hasGPU: false)
        #expect(!whole.command.contains("--sm-cluster"))
        #expect(!whole.needsNetwork)
        #expect(whole.warning == nil)
    }

    @Test func aLackOfMemoryLeadsToGentlerSettings() throws {
        let set = try photos(count: 400, placed: 400)
        let plans = try (0...2).map { try options().plan(dataset: 1, set: set, hasGPU: true, memoryFailures: $0) }
        #expect(plans.map { value(of: "--max-concurrency", in: $0.command) } == ["2", "1", "1"])
        #expect(plans.map { value(of: "--feature-quality", in: $0.command) } == ["high", "medium", "medium"])
        #expect(plans.map { value(of: "--orthophoto-resolution", in: $0.command) } == ["1.0", "1.0", "2"])
        #expect(plans.map { value(of: "--split", in: $0.command) } == [nil, nil, "200"])
        #expect(plans.map(\.adjustments.count) == [0, 2, 4])
        #expect(plans.map(\.hasGentlerPlan) == [true, true, false])
    }

    /// Whatever the photos are like, ODM's parser takes the command line.
    @Test(arguments: [0.0, 0.3, 12, 400, .infinity], [nil, 0.0, 1e-9, 0.02, 1e9])
    func noSetMakesACommandLineThatODMRefuses(_ megapixels: Double, _ accuracy: Double?) throws {
        var set = try photos(accuracy: accuracy, count: 300, placed: 300, memory: .max)
        set.largestMegapixels = megapixels
        for failures in 0...5 {
            let plan = try options().plan(dataset: .max, set: set, hasGPU: true, memoryFailures: failures)
            #expect(ODMFlag.problem(inCommandLine: plan.command) == nil)
        }
    }
}
