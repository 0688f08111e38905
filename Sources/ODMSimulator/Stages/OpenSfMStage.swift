internal import Foundation
internal import Mosaic

extension SimulatedRun {
    private var weight: Double { arguments.given["fast_orthophoto"] != nil ? 0.5 : 0.4 }

    func reconstruct() throws {
        guard photos.count >= 2 else { throw Ending.input("Not enough photos in photos array to start OpenSfM") }
        try makeFolder("opensfm/exif")
        let featureType = featureType()
        feed.send(5)
        try extractFeatures(featureType, weight * 0.35)
        try matchFeatures(weight * 0.25)
        feed.send(7.5)
        try track(weight * 0.3)
        feed.send(20)
        try undistort(weight * 0.1)
    }

    /// The name that OpenSfM has for what it extracts. Only SIFT can use a GPU.
    /// Source: ODM's opendm/osfm.py and opendm/gpu.py.
    func featureType() -> String {
        let name = (arguments.given["feature_type"] ?? "dspsift").uppercased()
        guard name == "SIFT" else { return name }
        log.info("Checking for GPU as using SIFT for extracting features")
        guard hasGPU() else {
            log.info(
                "Using CPU for extracting SIFT features as texture size is too large or GPU SIFT is not available")
            return name
        }
        log.info("Using GPU for extracting SIFT features")
        return "SIFT_GPU"
    }

    private func hasGPU() -> Bool {
        if arguments.given["no_gpu"] != nil || ProcessInfo.processInfo.environment["ODM_NO_GPU"] != nil {
            log.info("Disabling GPU features (--no-gpu)")
            return false
        }
        let isThere = settings.hasGPU || settings.has(.gpuFallback)
        log.info(isThere ? "nvidia-smi detected" : "No nvidia-smi detected")
        return isThere
    }

    func extractFeatures(_ type: String, _ share: Double) throws {
        if try isDone("opensfm/features", "Detect features already done: % exists") {
            return try pace.pass(share * scale)
        }
        try opensfm("detect_features")
        say("Planning to use 4096.0 MB of RAM for both processing queue and parallel processing.")
        var type = type
        if type == "SIFT_GPU", settings.has(.gpuFallback) {
            say("Extracting \(type) features for image \(photos[0].filename)")
            log.warning(
                "GPU SIFT extraction failed, maybe the graphics card is not supported? Attempting fallback to CPU")
            type = "SIFT"
            pace.slowdown = 2
            try opensfm("detect_features")
        }
        try makeFolder("opensfm/features")
        try each(photos, share) { photo in
            say("Reading data for image \(photo.filename) (queue-size=0)", level: "DEBUG")
            say("Extracting \(type) features for image \(photo.filename)")
            say("Found 10000 points in 1.2s", level: "DEBUG")
            try write("opensfm/features/\(photo.filename).features.npz")
        }
    }

    func matchFeatures(_ share: Double) throws {
        if try isDone("opensfm/matches", "Match features already done: % exists") {
            return try pace.pass(share * scale)
        }
        try opensfm("match_features")
        try makeFolder("opensfm/matches")
        let names = photos.map(\.filename)
        let pairs = names.indices.flatMap { first in
            names[(first + 1)...].prefix(neighbours).map { (names[first], $0) }
        }
        say("Matching \(pairs.count) image pairs")
        try each(pairs, share) { first, second in
            say(
                "Matching \(first) and \(second).  Matcher: FLANN (symmetric) T-desc: 0.104 Matches: 1290",
                level: "DEBUG")
            say(
                "Matching \(first) and \(second).  Matcher: FLANN (symmetric) T-desc: 0.104 T-robust: 0.002 "
                    + "T-total: 0.107 Matches: 1290 Robust: 1184 Success: True", level: "DEBUG")
        }
        say(
            "Matched \(pairs.count) pairs (brown-brown: \(pairs.count)) in \(pairs.count / 10) seconds (0.1 seconds/pair)."
        )
    }

    /// With 0 ODM takes the neighbours of a triangulation, which has about three edges a photo.
    private var neighbours: Int {
        let asked = arguments.given["matcher_neighbors"].flatMap(Int.init) ?? 0
        return asked > 0 ? asked / 2 + 1 : 3
    }

    func track(_ share: Double) throws {
        if try isDone("opensfm/reconstruction.json", "Found a valid OpenSfM reconstruction file in: %") {
            return try pace.pass(share * scale)
        }
        try opensfm("create_tracks")
        try write("opensfm/tracks.csv", "OPENSFM_TRACKS_VERSION_v2\n")
        try opensfm("reconstruct")
        say("Starting incremental reconstruction")
        say("Starting reconstruction with \(photos[0].filename) and \(photos[1].filename)")
        try each(Array(photos.dropFirst(2)), share) { photo in
            say("Adding \(photo.filename) to the reconstruction")
        }
        guard !settings.has(.noOverlap) else {
            try write("opensfm/reconstruction.json", "[]")
            throw Ending.input(
                "The program could not process this dataset using the current settings. Check that the images have "
                    + "enough overlap, that there are enough recognizable features and that the images are in focus. "
                    + "You could also try to increase the --min-num-features parameter.The program will now exit.")
        }
        say("Reconstruction 0: \(photos.count) images, \(photos.count * 900) points")
        say("1 partial reconstructions in total.")
        try write("opensfm/reconstruction.json", "[{\"cameras\": {}, \"shots\": {}, \"points\": {}}]")
        try write("opensfm/reconstruction.topocentric.json", "[{}]")
    }

    private func undistort(_ share: Double) throws {
        if try isDone("opensfm/undistorted/images", "Already undistorted images: % exists") {
            return try pace.pass(share * scale)
        }
        try opensfm("undistort")
        try makeFolder("opensfm/undistorted/images")
        try each(photos, share) { photo in
            say("Undistorting image \(photo.filename)", level: "DEBUG")
            try write("opensfm/undistorted/images/\(photo.filename).tif")
        }
    }

    private func opensfm(_ action: String) throws {
        let command = "\"/code/SuperBuild/install/bin/opensfm/bin/opensfm\" \(action) \"\(try path("opensfm"))\""
        started(command)
        ended(command)
    }
}
