internal import Failures
internal import Foundation
internal import Mosaic

/// Large sets: the photos are dealt out to submodels, each goes through the whole of ODM, and the parts are joined.
extension SimulatedRun {
    private var submodelSize: Int { arguments.given["split"].flatMap(Int.init) ?? 999_999 }

    func split() throws {
        let allArePlaced = photos.allSatisfy { $0.position != nil }
        guard photos.count > submodelSize, submodelSize > 0 else {
            log.info("Normal dataset, will process all at once.")
            return try step(0.005)
        }
        guard allArePlaced else {
            log.warning("Could not perform split-merge as GPS information in photos or image_groups.txt is missing.")
            return try step(0.005)
        }
        isLarge = true
        log.info(
            "Large dataset detected (\(photos.count) photos) and split set at \(submodelSize). Preparing split merge.")
        feed.send(5)
        try extractFeatures(featureType(), 0.2)
        try matchFeatures(0.1)
        let models = try makeSubmodels()
        log.info("Dataset has been split into \(models.count) submodels. Reconstructing each submodel...")
        feed.send(25)
        for model in models { log.info("Reconstructing \(try path("submodels/\(model)/opensfm"))") }
        try track(0.1)
        feed.send(50)
        for model in models { try run(model, share: 0.5 / Double(models.count)) }
        feed.send(75)
    }

    private func makeSubmodels() throws -> [String] {
        try stride(from: 0, to: photos.count, by: submodelSize).enumerated().map { index, start in
            let name = String(format: "submodel_%04d", index)
            try makeFolder("submodels/\(name)/images")
            for photo in photos[start..<min(start + submodelSize, photos.count)] {
                let link = try path("submodels/\(name)/images/\(photo.filename)")
                let target = try project.images + "/\(photo.filename)"
                // An earlier attempt in the same folder has made it.
                guard !FileManager.default.fileExists(atPath: link) else { continue }
                try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: target)
            }
            return name
        }
    }

    private func run(_ model: String, share: Double) throws {
        log.info("========================")
        log.info("Processing \(model)")
        log.info("========================")
        let line = submodelLine(model, in: try path("submodels"))
        let command = "python3 run.py \(line.joined(separator: " "))"
        started(command)
        let nested = SimulatedRun(
            try ODMArguments(line, checksRanges: false), settings, pace: pace, scale: share, emit: emit)
        let code = Int(nested.run())
        guard code == 0 else { throw Ending.failed(command, code) }
        ended(command)
    }

    private func submodelLine(_ model: String, in folder: String) -> [String] {
        let left: Set = ["split", "split_overlap", "project_path", "end_with", "rerun", "rerun_from", "rerun_all"]
        let options = arguments.given.filter { !left.contains($0.key) }.sorted { $0.key < $1.key }
            .flatMap { name, value in
                ["--" + name.replacing("_", with: "-")] + (value == "true" ? [] : [value])
            }
        return ["--project-path", folder, model] + options + ["--orthophoto-cutline"]
    }

    func merge() throws {
        guard isLarge else { return try step(0.005) }
        log.info("Found \(try submodels().count) submodels with valid orthophotos and cutlines")
        if arguments.given["skip_orthophoto"] == nil { try mergeOrthophotos() }
        try step(0.04)
        feed.send(100)
    }

    private func submodels() throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: try path("submodels")).sorted()
    }

    /// One orthophoto of all photos: what gdal_merge.py makes of those of the submodels.
    private func mergeOrthophotos() throws {
        started("gdal_merge.py -o \"odm_orthophoto.merged.tif\"")
        try makeFolder("odm_orthophoto")
        try orthophoto().write(to: try project.orthophoto)
    }
}
