import Foundation
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
    private func photos(megapixels: Double = 12, accuracy: Double? = nil) throws -> UnpackPhotos.Output {
        let rtk =
            accuracy.map { #", "rtk": {"files": {"MRK": 1}, "marks": {"fixed": 9}, "photos": {}, "accuracy": \#($0)}"# }
            ?? ""
        let json = """
            {"photos": 100, "bytes": 1000, "largestMegapixels": \(megapixels), "megapixels": 1200, "cameraMetadata": "{}",
             "warnings": [], "leftOut": 0\(rtk)}
            """
        return try JSONDecoder().decode(UnpackPhotos.Output.self, from: Data(json.utf8))
    }

    private func value(of flag: String, in command: [String]) -> String? {
        command.firstIndex(of: flag).flatMap { command.indices.contains($0 + 1) ? command[$0 + 1] : nil }
    }

    @Test func theCommandIsTheContracts() throws {
        let command = try options().command(dataset: 42, set: photos(), hasGPU: false)
        #expect(Array(command.prefix(3)) == ["--project-path", "/project", "42"])
        for flag in ["--fast-orthophoto", "--skip-report", "--auto-boundary"] { #expect(command.contains(flag)) }
        #expect(value(of: "--feature-quality", in: command) == "high")
        #expect(value(of: "--orthophoto-resolution", in: command) == "1.0")
        #expect(command.filter { $0 == "--max-concurrency" }.count == 1)
    }

    /// 24 GiB, of which 16 are counted on; a thread takes 1 GiB for every 2 megapixels.
    @Test(arguments: [(0.0, 16), (2.0, 16), (4.0, 8), (12.0, 2), (20.0, 1), (100.0, 1)])
    func concurrencyFollowsMemoryAndMegapixels(_ megapixels: Double, _ expected: Int) throws {
        let command = try options().command(dataset: 1, set: photos(megapixels: megapixels), hasGPU: false)
        #expect(value(of: "--max-concurrency", in: command) == "\(expected)")
    }

    @Test func concurrencyKeepsToTheProcessorLimit() throws {
        #expect(try options(["ODM_CPUS": "0.5"]).concurrency(megapixels: 2) == 1)
        #expect(try options(["ODM_CPUS": "2.5"]).concurrency(megapixels: 2) == 3)
    }

    @Test func siftOnlyWithAGPU() throws {
        #expect(
            try value(of: "--feature-type", in: options().command(dataset: 1, set: photos(), hasGPU: true)) == "sift")
        #expect(try !options().command(dataset: 1, set: photos(), hasGPU: false).contains("--feature-type"))
    }

    @Test(arguments: [(0.018, "0.018"), (0.004, "0.010"), (1.5, "1.500")])
    func theAccuracyOfPositionsComesFromRTK(_ accuracy: Double, _ expected: String) throws {
        let command = try options().command(dataset: 1, set: photos(accuracy: accuracy), hasGPU: false)
        #expect(value(of: "--gps-accuracy", in: command) == expected)
    }

    @Test func withoutRTKNoAccuracyIsClaimed() throws {
        #expect(try !options().command(dataset: 1, set: photos(), hasGPU: false).contains("--gps-accuracy"))
        #expect(try !options().command(dataset: 1, set: photos(accuracy: 0), hasGPU: false).contains("--gps-accuracy"))
    }

    @Test func whatTheOperatorSetWins() throws {
        let set = "--feature-type orb --max-concurrency 3 --gps-accuracy 5 --fast-orthophoto=false --pc-quality low"
        let command = try options(["ODM_ARGS": set]).command(dataset: 1, set: photos(accuracy: 0.02), hasGPU: true)
        #expect(value(of: "--feature-type", in: command) == "orb")
        #expect(value(of: "--max-concurrency", in: command) == "3")
        #expect(value(of: "--gps-accuracy", in: command) == "5")
        #expect(value(of: "--pc-quality", in: command) == "low")
        #expect(!command.contains("--fast-orthophoto"))
    }
}
