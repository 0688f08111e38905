internal import Failures
internal import Foundation
internal import Imagery
internal import Raster

/// One run from the images of a project to its orthophoto.
public struct PreviewRun {
    private let arguments: ODMArguments
    private let log: RunLog
    private let threads: Int

    /// `emit` gets whole lines of the log without their end.
    public init(_ arguments: ODMArguments, emit: @escaping (String) -> Void) {
        self.arguments = arguments
        log = RunLog(arguments, emit: emit)
        threads = arguments.maxConcurrency ?? ProcessInfo.processInfo.activeProcessorCount
    }

    /// Runs and reports as ODM does; returns the exit code: 0 done, 1 failed.
    public func run() -> Int32 {
        log.info("Initializing orthopreview 1.0 - \(RunLog.timestamp(Date()))")
        for option in arguments.droppedOptions {
            log.warning("\(option) is no longer a valid argument and will be ignored!")
        }
        var project: ProjectFolder?
        do {
            let folder = try ProjectFolder(arguments)
            project = folder
            try process(folder)
            log.finish()
            try log.record.write(to: folder.log)
            log.info("ODM app finished - \(RunLog.timestamp(Date()))")
            return 0
        } catch {
            report(error, in: project)
            return 1
        }
    }

    private func report(_ error: any Error, in project: ProjectFolder?) {
        let message = (error as? Failure)?.sentence ?? "\(error)"
        log.error(message)
        log.finish(error: RunRecord.Problem(code: 1, message: message))
        guard let project else { return }
        do { try log.record.write(to: project.log) } catch { log.error("Cannot write log.json: \(error)") }
    }

    private func process(_ project: ProjectFolder) throws {
        let sources = try log.stage("dataset") { try load(project) }
        let (zone, alignment) = try log.stage("odm_georeferencing") { try place(sources) }
        guard !arguments.skipsOrthophoto else { return log.info("Skipping the orthophoto") }
        try log.stage("odm_orthophoto") { try render(alignment, in: zone, project) }
    }

    // MARK: Stages

    private func load(_ project: ProjectFolder) throws -> [SourcePhoto] {
        log.info("Loading dataset from: \(project.images)")
        let listing = try project.list(projectPath: arguments.projectPath)
        if !listing.notDecodable.isEmpty {
            log.warning("\(listing.notDecodable.count) images are in formats that a preview cannot read")
        }
        log.info("Loading \(listing.photos.count) images")
        let paths = listing.photos.map { (name: $0, path: project.images + "/" + $0) }
        let read = Parallel.map(paths, threads: threads) { photo in
            Result {
                try PhotoEnding.check(photo.path)
                return try PhotoMetadata.read(path: photo.path)
            }
        }
        let sources = zip(paths, read).compactMap { photo, result -> SourcePhoto? in
            guard case .success(let metadata) = result else {
                log.warning("\(photo.name) seems corrupted and will not be used")
                return nil
            }
            return SourcePhoto(name: photo.name, path: photo.path, metadata: metadata)
        }
        log.info("Found \(sources.count) usable images")
        log.count(images: sources.count)
        guard sources.count >= 2 else { throw Failure.tooFewImages(project.images) }
        return sources
    }

    private func place(_ sources: [SourcePhoto]) throws -> (UTMZone, PhotoAlignment) {
        let placement = try PhotoPlacement(sources)
        placement.warnings.forEach(log.warning)
        let (photos, pixels) = try overlapping(placement.photos)
        let heights = photos.map(\.pose.height)
        log.info(
            "Placed \(photos.count) photos in EPSG:\(placement.zone.epsg), "
                + String(format: "%.1f to %.1f m above ground", heights.min() ?? 0, heights.max() ?? 0))
        let alignment = PhotoAlignment(photos, pixels: pixels, gpsAccuracy: arguments.gpsAccuracy, threads: threads)
        if !alignment.turned.isEmpty {
            log.warning(
                "\(alignment.turned.count) photos fit their neighbours upside down only and were turned: "
                    + alignment.turned.joined(separator: ", "))
        }
        if let (before, after) = alignment.disagreement {
            log.info(String(format: "Aligned neighbouring photos: %.2f m apart before, %.2f m after", before, after))
        } else {
            log.warning("Neighbouring photos could not be compared: they stay where their GPS positions put them")
        }
        return (placement.zone, alignment)
    }

    /// The photos that can be decoded and hang together, with small copies of them.
    private func overlapping(_ placed: [PlacedPhoto]) throws -> ([PlacedPhoto], [PhotoPixels]) {
        let decoded = Parallel.map(placed, threads: threads) { photo in
            (photo, Result { try PhotoPixels(path: photo.path, targetWidth: PhotoOverview.width) })
        }
        let whole = decoded.compactMap { photo, result -> (PlacedPhoto, PhotoPixels)? in
            if case .success(let pixels) = result { return (photo, pixels) }
            log.warning("\(photo.name) seems corrupted and will not be used")
            return nil
        }
        let group = OverlapGraph(whole.map(\.0)).largestGroup
        guard group.count >= 2 else { throw Failure.cannotProcess("no two photos show common ground") }
        let apart = whole.count - group.count
        if apart > 0 { log.warning("\(apart) photos do not overlap with the others and will not be used") }
        return (group.map { whole[$0].0 }, group.map { whole[$0].1 })
    }

    private func render(_ alignment: PhotoAlignment, in zone: UTMZone, _ project: ProjectFolder) throws {
        let resolution = resolution(for: alignment.photos)
        let views = zip(alignment.photos, alignment.gains).compactMap { PhotoView($0, gain: $1) }
        let box = GroundBox(views.flatMap { [$0.box.min, $0.box.max] })
        let writer = OrthophotoWriter(
            grid: OutputGrid(covering: box, resolution: resolution), views: views, epsg: zone.epsg,
            creationOptions: creationOptions, threads: threads)
        log.info("Rendering \(writer.grid.width) x \(writer.grid.height) pixels of \(resolution * 100) cm")
        try FileManager.default.createDirectory(atPath: project.orthophotoFolder, withIntermediateDirectories: true)
        var shown = 0
        try writer.write(to: project.orthophoto) { progress in
            guard Int(progress * 10) > shown else { return }
            shown = Int(progress * 10)
            log.info("Rendering orthophoto: \(shown * 10)%")
        }
        log.info("Wrote \(project.orthophoto)")
    }

    /// Metres per pixel: what was asked for, but not finer than the photos show minus 10 %, as in ODM.
    private func resolution(for photos: [PlacedPhoto]) -> Double {
        let requested = arguments.orthophotoResolution
        let finest = (median(photos.map(\.groundSamplingDistance)) ?? 0) * 100 * 0.9
        guard requested < finest, !arguments.ignoresGSD else { return requested / 100 }
        log.warning(
            "Maximum resolution set to 1.0 * (GSD - 10%) "
                + String(format: "(%.2f cm / pixel, requested resolution was %.2f cm / pixel)", finest, requested))
        return finest / 100
    }

    private var creationOptions: [String] {
        var options = ["COMPRESS=\(arguments.compression)", "BIGTIFF=IF_SAFER", "SPARSE_OK=TRUE"]
        if arguments.isTiled { options += ["TILED=YES", "BLOCKXSIZE=512", "BLOCKYSIZE=512"] }
        if ["DEFLATE", "LZW"].contains(arguments.compression) { options.append("PREDICTOR=2") }
        if arguments.compression == "DEFLATE" { options.append("ZLEVEL=6") }
        return options + ["NUM_THREADS=\(threads)"]
    }
}
