import Foundation
import Raster
import TestSupport
import Testing

/// What the simulator leaves behind when something goes wrong: exit code, log.json, ODM's sentence.
@Suite struct SimulatorFaultTests {
    struct Expected: Sendable, CustomTestStringConvertible {
        let fault: String
        let code: Int32
        /// What `success` in log.json is to say; nil where there is to be no log.json.
        let success: Bool?
        let line: String
        var settings: [String: String] = [:]
        var testDescription: String { fault }
    }

    private static let faults = [
        Expected(fault: "none", code: 0, success: true, line: "ODM app finished"),
        Expected(fault: "oom-child", code: 137, success: false, line: "Whoops! You ran out of memory!"),
        Expected(
            fault: "oom-child-survived", code: 0, success: true, line: "ran out of memory, we're going to turn on"),
        Expected(fault: "oom-container", code: -9, success: nil, line: "Running opensfm stage"),
        Expected(fault: "disk-full", code: 1, success: nil, line: "[Errno 28] No space left on device"),
        Expected(fault: "strange-values", code: 1, success: false, line: "because of strange values in the"),
        Expected(fault: "no-overlap", code: 1, success: false, line: "Check that the images have enough overlap"),
        Expected(fault: "no-orthophoto", code: 0, success: true, line: "(it did not render)"),
        Expected(fault: "broken-orthophoto", code: 0, success: true, line: "ODM app finished"),
        Expected(fault: "crash", code: 139, success: false, line: "Segmentation fault"),
        Expected(fault: "abort", code: 134, success: false, line: "Aborted"),
        Expected(fault: "bad-image", code: 3, success: false, line: "ODM can't find a program that is required"),
        Expected(fault: "bad-arguments", code: 2, success: nil, line: "unrecognized arguments"),
        Expected(
            fault: "exit", code: 42, success: false, line: "The program exited with a strange error code",
            settings: ["EXIT": "42"]),
        Expected(fault: "lost", code: 0, success: nil, line: "Running opensfm stage"),
    ]

    @Test(arguments: faults)
    func endsAsODMWould(_ expected: Expected) async throws {
        let project = try SimulatorProject()
        let settings = expected.settings.merging(["FAULT": expected.fault, "DISK": "3000000"]) { $1 }
        let end = try await project.run(settings: settings)
        #expect(end.status == expected.code, "\(end.output.suffix(1000))")
        #expect(end.output.contains(expected.line), "\(end.output.suffix(1000))")
        #expect(project.has("log.json") == (expected.success != nil))
        guard let success = expected.success else { return }
        let record = try project.record
        #expect(record.success == success)
        #expect(record.error.map { Int32($0.code) } == (success ? nil : expected.code))
        #expect(record.stackTrace.isEmpty == success)
        #expect(end.output.contains("ODM app finished") == success)
    }

    @Test func theChildThatWasKilledIsInTheRecord() async throws {
        let project = try SimulatorProject()
        _ = try await project.run(settings: ["FAULT": "oom-child", "FAULT_AT": "0.7"])
        let child = try #require(try project.record.processes.last)
        #expect(child.exitCode == 137)
        #expect(child.output == ["Killed"])
        #expect(child.command.contains("texrecon"))
    }

    @Test func fillsTheDiskUpToItsLimit() async throws {
        let project = try SimulatorProject()
        let end = try await project.run(settings: ["FAULT": "disk-full", "DISK": "3000000"])
        #expect(end.output.contains("Cannot write log.json: [Errno 28] No space left on device"))
        let path = "\(project.folder)/opensfm/undistorted/filling.tif"
        #expect(try FileManager.default.attributesOfItem(atPath: path)[.size] as? Int == 3_000_000)
    }

    @Test func orthophotosThatAreNone() async throws {
        let project = try SimulatorProject()
        _ = try await project.run(settings: ["FAULT": "no-crs"])
        #expect(try epsg(of: project.orthophoto) == nil)

        let empty = try SimulatorProject()
        _ = try await empty.run(settings: ["FAULT": "empty-orthophoto"])
        let raster = try RasterDataset(opening: empty.orthophoto)
        let pixels: [UInt8] = try raster.read(raster.window)
        #expect(pixels.allSatisfy { $0 == 0 })

        let broken = try SimulatorProject()
        _ = try await broken.run(settings: ["FAULT": "broken-orthophoto"])
        #expect(throws: (any Error).self) {
            let raster = try RasterDataset(opening: broken.orthophoto)
            let _: [UInt8] = try raster.read(raster.window)
        }
    }

    @Test func aGPUThatFailsTakesTwiceAsLong() async throws {
        let project = try SimulatorProject()
        let begun = ContinuousClock.now
        let end = try await project.run(
            "--feature-type", "sift", settings: ["FAULT": "gpu-fallback", "SECONDS": "1"])
        #expect(end.status == 0)
        #expect(end.output.contains("[WARNING] GPU SIFT extraction failed, maybe the graphics card is not supported?"))
        #expect(ContinuousClock.now - begun > .seconds(1.8))
    }

    @Test func printsAsMuchAsItIsTold() async throws {
        let project = try SimulatorProject()
        let end = try await project.run(settings: ["FAULT": "chatter", "CHATTER": "5000000"])
        #expect(end.status == 0)
        #expect(end.output.utf8.count > 5_000_000)
    }

    @Test(arguments: [
        ("max-concurrency=1", ["--max-concurrency", "2"], ["--max-concurrency", "1"]),
        ("feature-quality=medium", ["--feature-quality", "high"], ["--feature-quality", "low"]),
        ("orthophoto-resolution=2", ["--orthophoto-resolution", "1"], ["--orthophoto-resolution", "2"]),
        ("split", [], ["--split", "4"]),
        (
            "max-concurrency=1,feature-quality=medium", ["--max-concurrency", "1"],
            ["--max-concurrency", "1", "--feature-quality", "medium"]
        ),
    ])
    func hasMemoryEnoughWithGentlerOptions(until: String, hungry: [String], gentle: [String]) async throws {
        for (options, code) in [(hungry, 137 as Int32), (gentle, 0)] {
            let project = try SimulatorProject()
            let end = try await SimulatedODM.run(
                SimulatorProject.commandLine(project.root, options), ["SECONDS": "0.2", "OOM_UNTIL": until])
            #expect(end.status == code, "\(options): \(end.output.suffix(300))")
        }
    }

    @Test func aSeedGivesADatasetTheSameFaultEveryTime() async throws {
        let mix = [
            "FAULT": "random", "MIX": "none:1,crash:1,abort:1,exit:1,lost:1,strange-values:1", "SEED": "7",
            "SECONDS": "0.05",
        ]
        var codes: [[Int32]] = []
        for _ in 0..<2 {
            let project = try SimulatorProject()
            var row: [Int32] = []
            for name in 1...8 {
                if name > 1 {
                    try FileManager.default.copyItem(
                        atPath: SimulatedFlight.folder(), toPath: "\(project.root)/\(name)/images")
                }
                row.append(try await SimulatedODM.run(["--project-path", project.root, "\(name)"], mix).status)
            }
            codes.append(row)
        }
        #expect(codes[0] == codes[1])
        #expect(Set(codes[0]).count > 1)
    }

    @Test(arguments: ["none", "ignore-term", "hang", "hang,ignore-term"])
    func hearsTheRequestToEndUnlessItIsDeaf(_ faults: String) async throws {
        let project = try SimulatorProject()
        let process = Process()
        process.executableURL = URL(fileURLWithPath: BuiltProducts.path("odm-simulator"))
        process.arguments = SimulatorProject.commandLine(project.root, [])
        process.environment = ProcessInfo.processInfo.environment.merging(
            ["ODM_SIM_FAULT": faults, "ODM_SIM_FAULT_AT": "0.1", "ODM_SIM_SECONDS": "3"]) { $1 }
        let output = Pipe()
        process.standardOutput = output
        try process.run()
        try await waitUntil("it is at work") { project.has("opensfm/features") }
        process.terminate()
        if faults == "hang,ignore-term" {
            try await waitUntil("it stands still") { try Self.state(process.processIdentifier) == "S" }
            kill(process.processIdentifier, SIGKILL)
        }
        let text = String(decoding: try output.fileHandleForReading.readToEnd() ?? Data(), as: UTF8.self)
        process.waitUntilExit()
        let isDeaf = faults.contains("ignore-term")
        #expect(text.contains("[WARNING] Caught TERM/INT signal, attempting to exit gracefully...") == !isDeaf)
        #expect(process.terminationStatus == (faults == "ignore-term" ? 0 : isDeaf ? SIGKILL : 1))
        #expect(project.has("log.json") == (faults == "ignore-term"))
    }

    /// `S` for a process that sleeps.
    private static func state(_ pid: Int32) throws -> String {
        let stat = try String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8)
        return stat.split(separator: " ").dropFirst(2).first.map(String.init) ?? ""
    }
}
