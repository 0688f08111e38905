/// One option of ODM's command line: its name, what may follow it, and which values make sense.
///
/// ODM's own parser knows kinds and choices but no ranges: `--max-concurrency 0` and `--orthophoto-resolution -5`
/// pass it and fail hours later. The ranges here are ours.
public struct ODMFlag: Sendable {
    public enum Value: Sendable {
        case none
        case integer(ClosedRange<Int>)
        case number(ClosedRange<Double>, unit: String = "")
        case text
        /// An absolute path inside the container.
        case path
        /// A JSON object, written out. ODM also takes the path of a JSON file and refuses the whole command line
        /// where there is none, which cannot be known from outside of the container.
        case json
        case address
        case oneOf([String])
    }

    public let name: String
    /// The one-letter form, such as `-e`.
    public let short: String?
    public let value: Value

    init(_ name: String, _ value: Value = .none, short: String? = nil) {
        self.name = name
        self.short = short
        self.value = value
    }

    public var takesValue: Bool {
        if case .none = value { return false }
        return true
    }

    /// The option of exactly this name, nil where ODM has none.
    public static func named(_ name: String) -> ODMFlag? { byName[name] }

    private static let byName = Dictionary(uniqueKeysWithValues: all.map { ($0.name, $0) })
}

extension ODMFlag {
    /// Every option of ODM 3.6.0, without `--help` and `--version`.
    ///
    /// Source: https://github.com/OpenDroneMap/ODM/blob/master/opendm/config.py
    public static let all = running + matching + reconstruction + positions + outputs + splitting

    /// Options of older releases: ODM warns and goes on without them.
    /// Source: `DEPRECATED` in the same file.
    public static let dropped: Set<String> = [
        "--verbose", "--debug", "--time", "--resize-to", "--depthmap-resolution", "--pc-geometric",
        "--texturing-data-term", "--texturing-outlier-removal-type", "--texturing-tone-mapping",
        "--texturing-skip-local-seam-leveling",
    ]

    public static let stages = [
        "dataset", "split", "merge", "opensfm", "openmvs", "odm_filterpoints", "odm_meshing", "mvs_texturing",
        "odm_georeferencing", "odm_dem", "odm_orthophoto", "odm_report", "odm_postprocess",
    ]
    /// From the most to the least that can be asked for.
    public static let qualities = ["ultra", "high", "medium", "low", "lowest"]

    private static let count = 1...100_000_000
    private static let countOrNone = 0...100_000_000
    private static let metres = Value.number(0...100_000, unit: "metres")
    private static let centimetres = Value.number(0.01...10_000, unit: "cm a pixel")
    private static let factor = Value.number(0...1_000_000)

    private static let running = [
        ODMFlag("--project-path", .path), ODMFlag("--end-with", .oneOf(stages), short: "-e"),
        ODMFlag("--rerun", .oneOf(stages), short: "-r"), ODMFlag("--rerun-all"),
        ODMFlag("--rerun-from", .oneOf(stages)), ODMFlag("--max-concurrency", .integer(1...4096)),
        ODMFlag("--no-gpu"), ODMFlag("--optimize-disk-space"), ODMFlag("--copy-to", .path),
        ODMFlag("--video-limit", .integer(countOrNone)), ODMFlag("--video-resolution", .integer(1...100_000)),
    ]

    private static let matching = [
        ODMFlag("--min-num-features", .integer(count)), ODMFlag("--feature-quality", .oneOf(qualities)),
        ODMFlag("--feature-type", .oneOf(["akaze", "dspsift", "hahog", "orb", "sift"])),
        ODMFlag("--matcher-type", .oneOf(["bow", "bruteforce", "flann"])),
        ODMFlag("--matcher-neighbors", .integer(countOrNone)), ODMFlag("--matcher-order", .integer(countOrNone)),
        ODMFlag("--use-fixed-camera-params"), ODMFlag("--cameras", .json),
        ODMFlag(
            "--camera-lens",
            .oneOf([
                "auto", "perspective", "brown", "fisheye", "fisheye_opencv", "spherical", "equirectangular", "dual",
            ])),
        ODMFlag("--radiometric-calibration", .oneOf(["none", "camera", "camera+sun"])),
        ODMFlag("--use-hybrid-bundle-adjustment"), ODMFlag("--sfm-no-partial"),
        ODMFlag("--sfm-algorithm", .oneOf(["incremental", "triangulation", "planar"])),
        ODMFlag("--sky-removal"), ODMFlag("--bg-removal"), ODMFlag("--rolling-shutter"),
        ODMFlag("--rolling-shutter-readout", .number(0...10_000, unit: "milliseconds")),
        ODMFlag("--primary-band", .text), ODMFlag("--skip-band-alignment"),
    ]

    private static let reconstruction = [
        ODMFlag("--fast-orthophoto"), ODMFlag("--use-3dmesh"), ODMFlag("--skip-3dmodel"),
        ODMFlag("--mesh-size", .integer(count)), ODMFlag("--mesh-octree-depth", .integer(1...14)),
        ODMFlag("--crop", metres), ODMFlag("--boundary", .json), ODMFlag("--auto-boundary"),
        ODMFlag("--auto-boundary-distance", metres), ODMFlag("--pc-quality", .oneOf(qualities)),
        ODMFlag("--pc-classify"), ODMFlag("--pc-csv"), ODMFlag("--pc-las"), ODMFlag("--pc-ept"),
        ODMFlag("--pc-copc"), ODMFlag("--pc-rectify"), ODMFlag("--pc-filter", factor),
        ODMFlag("--pc-sample", metres), ODMFlag("--pc-skip-geometric"), ODMFlag("--smrf-scalar", factor),
        ODMFlag("--smrf-slope", factor), ODMFlag("--smrf-threshold", metres), ODMFlag("--smrf-window", metres),
        ODMFlag("--texturing-skip-global-seam-leveling"), ODMFlag("--texturing-keep-unseen-faces"),
        ODMFlag("--texturing-single-material"), ODMFlag("--gltf"),
    ]

    private static let positions = [
        ODMFlag("--gcp", .path), ODMFlag("--geo", .path), ODMFlag("--align", .path), ODMFlag("--use-exif"),
        ODMFlag("--force-gps"), ODMFlag("--gps-accuracy", .number(0.001...10_000, unit: "metres")),
        ODMFlag("--gps-z-offset", .number(-100_000...100_000, unit: "metres")),
    ]

    private static let outputs = [
        ODMFlag("--orthophoto-resolution", centimetres), ODMFlag("--ignore-gsd"), ODMFlag("--skip-orthophoto"),
        ODMFlag("--orthophoto-compression", .oneOf(["JPEG", "LZW", "PACKBITS", "DEFLATE", "LZMA", "NONE"])),
        ODMFlag("--orthophoto-no-tiled"), ODMFlag("--orthophoto-png"), ODMFlag("--orthophoto-kmz"),
        ODMFlag("--orthophoto-cutline"), ODMFlag("--dtm"), ODMFlag("--dsm"),
        ODMFlag("--dem-gapfill-steps", .integer(0...1000)), ODMFlag("--dem-resolution", centimetres),
        ODMFlag("--dem-decimation", .integer(1...1_000_000)), ODMFlag("--dem-euclidean-map"), ODMFlag("--tiles"),
        ODMFlag("--3d-tiles"), ODMFlag("--build-overviews"), ODMFlag("--cog"), ODMFlag("--skip-report"),
    ]

    private static let splitting = [
        ODMFlag("--split", .integer(count)), ODMFlag("--split-overlap", metres),
        ODMFlag("--split-image-groups", .path), ODMFlag("--sm-no-align"), ODMFlag("--sm-cluster", .address),
        ODMFlag("--merge", .oneOf(["all", "pointcloud", "orthophoto", "dem"])), ODMFlag("--merge-skip-blending"),
    ]
}
