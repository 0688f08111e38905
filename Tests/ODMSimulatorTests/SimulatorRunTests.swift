import Foundation
import Raster
import TestSupport
import Testing

@testable import Tasks

/// What the simulator says and writes when all goes well, and by its options.
@Suite struct SimulatorRunTests {
    private static let fastStages = [
        "dataset", "split", "merge", "opensfm", "odm_filterpoints", "odm_meshing", "mvs_texturing",
        "odm_georeferencing", "odm_dem", "odm_orthophoto", "odm_report", "odm_postprocess",
    ]

    private func stages(_ output: String, _ word: String) -> [String] {
        output.split(separator: "\n").compactMap { line in
            let words = line.split(separator: " ")
            return words.count == 4 && words[1] == word && words[3] == "stage" ? String(words[2]) : nil
        }
    }

    @Test func theWorkersReaderFollowsItToItsEnd() async throws {
        let project = try SimulatorProject()
        let end = try await project.run()
        #expect(end.status == 0, "\(end.output)")
        var progress = ODMProgress(), values: [Double] = [], notes: [String] = []
        for line in end.output.split(separator: "\n") where progress.read(String(line)) {
            values.append(progress.value)
            notes.append(progress.note ?? "")
        }
        #expect(values == values.sorted())
        #expect(values.last == 0.99)
        // Every phase is told of, photo by photo.
        #expect(Set(values).count > 40)
        for note in [
            "8 photos loaded", "8 of 8 features", "18 of 18 pairs matched", "8 of 8 photos undistorted",
            "orthophoto 100 %",
        ] { #expect(notes.contains(note), "\(note)") }
        #expect(end.output.hasPrefix("[INFO]    Initializing ODM 3.6.0 - "))
        #expect(end.output.contains("[INFO]    ODM app finished - "))
    }

    @Test func writesWhatODMWrites() async throws {
        let project = try SimulatorProject()
        let end = try await project.run("--orthophoto-resolution", "1.5")
        #expect(stages(end.output, "Running") == Self.fastStages)
        #expect(stages(end.output, "Finished") == Self.fastStages)
        let record = try project.record
        #expect(record.success)
        #expect(record.error == nil)
        #expect(record.odmVersion == "3.6.0")
        #expect(record.images == 8)
        #expect(record.options["orthophoto_resolution"] == "1.5")
        #expect(record.stages.map(\.name) == Self.fastStages)
        #expect(!record.processes.isEmpty && record.processes.allSatisfy { $0.exitCode == 0 })
        let benchmark = try project.text("benchmark.txt").split(separator: "\n")
        #expect(benchmark.count == Self.fastStages.count)
        #expect(benchmark[3].wholeMatch(of: /opensfm runtime: [0-9.]+ seconds/) != nil)
        for name in [
            "images.json", "img_list.txt", "options.json", "opensfm/reconstruction.json", "opensfm/tracks.csv",
        ] {
            #expect(project.has(name), "\(name)")
        }
    }

    @Test func laysThePhotosWhereTheirGPSSays() async throws {
        let project = try SimulatorProject()
        _ = try await project.run(settings: ["PIXELS": "300"])
        let raster = try RasterDataset(opening: project.orthophoto)
        let side = max(raster.width, raster.height)
        #expect(side == 300)
        #expect(try epsg(of: project.orthophoto) == epsg(of: SimulatedFlight.truth()))
        let pixels: [UInt8] = try raster.read(raster.window)
        let alpha = stride(from: 3, to: pixels.count, by: 4).map { pixels[$0] }
        #expect(alpha.contains(0) && alpha.contains(255))
        // Photos, not one colour.
        #expect(Set(stride(from: 0, to: pixels.count, by: 4).map { pixels[$0] }).count > 30)
    }

    @Test func sendsProgressByUDP() async throws {
        // Others on this machine may send some, too: only this name counts.
        let name = "s-\(UUID().uuidString)"
        let root = NSTemporaryDirectory() + "deadtrees-datagrams-\(name)"
        try FileManager.default.createDirectory(atPath: "\(root)/\(name)", withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: root) }  // A leftover in /tmp fails no test.
        try FileManager.default.copyItem(atPath: SimulatedFlight.folder(), toPath: "\(root)/\(name)/images")
        var ear: DatagramEar?
        try await waitUntil(within: .seconds(60), "ODM's port is free") {
            ear = DatagramEar(port: 6367)
            return ear != nil
        }
        let end = try await SimulatedODM.run(
            ["--project-path", root, name, "--fast-orthophoto", "--end-with", "opensfm"], ["SECONDS": "0.1"])
        #expect(end.status == 0, "\(end.output)")
        let parts = try #require(ear).all().map { $0.split(separator: "/") }.filter { $0.contains { $0 == name } }
        #expect(parts.allSatisfy { $0.count == 4 && $0[0] == "PGUP" && Int($0[1]) != nil }, "\(parts)")
        #expect(parts.map { String($0[3]) } == ["5.0", "5.0", "0.0", "5.0", "7.5", "20.0", "25.0"])
    }

    @Test func rerunsAndEndsWhereItIsTold() async throws {
        let project = try SimulatorProject()
        let first = try await project.run("--end-with", "mvs_texturing")
        #expect(first.status == 0)
        #expect(stages(first.output, "Finished").last == "mvs_texturing")
        #expect(first.output.contains("No more stages to run"))
        #expect(!project.has("odm_orthophoto"))

        let second = try await project.run("--rerun-from", "odm_meshing")
        #expect(second.status == 0)
        #expect(
            second.output.contains("[WARNING] Detect features already done: \(project.folder)/opensfm/features exists"))
        #expect(second.output.contains("Found a valid point cloud file in"))
        #expect(!second.output.contains("Found a valid ODM 2.5D Mesh file"))
        #expect(project.has("odm_orthophoto/odm_orthophoto.tif"))

        let third = try await project.run("--rerun-all", "--skip-orthophoto")
        #expect(third.output.contains("Extracting DSPSIFT features for image"))
    }

    @Test func aSetThatIsTooLargeIsSplit() async throws {
        let project = try SimulatorProject()
        let end = try await project.run("--split", "3", settings: ["SECONDS": "0.5"])
        #expect(end.status == 0, "\(end.output)")
        #expect(end.output.contains("Dataset has been split into 3 submodels"))
        // Each submodel prints all stages within the stage `split`.
        #expect(stages(end.output, "Running").prefix(3) == ["dataset", "split", "dataset"])
        #expect(stages(end.output, "Running").count { $0 == "odm_orthophoto" } == 3)
        #expect(stages(end.output, "Finished").suffix(3) == ["split", "merge", "odm_postprocess"])
        #expect(project.has("submodels/submodel_0002/log.json"))
        #expect(try epsg(of: project.orthophoto) != nil)
        #expect(try project.record.stages.map(\.name) == ["dataset", "split", "merge", "odm_postprocess"])
    }

    @Test(arguments: [
        ("sift", "on", "Using GPU for extracting SIFT features"),
        ("sift", "off", "No nvidia-smi detected"),
        ("sift", "off", "Using CPU for extracting SIFT features as "),
        ("dspsift", "on", "Extracting DSPSIFT features for image"),
    ])
    func onlySIFTUsesTheGraphicsCard(type: String, gpu: String, line: String) async throws {
        let project = try SimulatorProject()
        let end = try await project.run("--feature-type", type, "--end-with", "opensfm", settings: ["GPU": gpu])
        #expect(end.output.contains(line))
        #expect(end.output.contains("nvidia-smi detected") == (type == "sift"))
    }

    @Test func takesAsLongAsItIsTold() async throws {
        let project = try SimulatorProject()
        let begun = ContinuousClock.now
        _ = try await project.run(settings: ["SECONDS": "1.5"])
        let seconds = (ContinuousClock.now - begun) / .seconds(1)
        #expect(seconds >= 1.5 && seconds < 6, "\(seconds)")
    }

    @Test(arguments: [
        ([], ["FAULT": "no-such"], "ODM_SIM_FAULT is \"no-such\": known are none, oom-child, "),
        ([], ["SECONDS": "soon"], "ODM_SIM_SECONDS is \"soon\": give a number from 0 to 10000000"),
        ([], ["FAULT": "random"], "ODM_SIM_MIX has to say which faults"),
        ([], ["FAULT": "random", "MIX": "crash"], "give faults and weights, as in none:60,oom-child:5"),
        ([], ["FAULT": "crash,hang"], "only ignore-term goes together with another one"),
        ([], ["OOM_UNTIL": "more-memory"], "ODM_SIM_OOM_UNTIL is \"more-memory\": give feature-quality=NAME"),
        (["--use-3dmm"], [:], "unrecognized arguments: --use-3dmm"),
    ])
    func refusesWhatItDoesNotKnow(options: [String], settings: [String: String], sentence: String) async throws {
        let end = try await SimulatedODM.run(["--project-path", "/", "x"] + options, settings)
        #expect(end.status == 2)
        #expect(end.output.contains(sentence), "\(end.output)")
    }

    @Test func helpNamesEveryFaultAndSetting() async throws {
        let end = try await SimulatedODM.run(["--help"])
        #expect(end.status == 0)
        for word in ["ODM_SIM_SECONDS", "ODM_SIM_MIX", "oom-container", "gpu-fallback", "chatter"] {
            #expect(end.output.contains(word), "\(word)")
        }
    }
}
