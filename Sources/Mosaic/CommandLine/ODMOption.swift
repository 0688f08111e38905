/// One option of ODM's command line: its name and what may follow it.
package struct ODMOption: Sendable {
    enum Value: Sendable {
        case none
        case integer
        case number
        case text
        case oneOf([String])
    }

    let name: String
    let short: String?
    let value: Value

    init(_ name: String, _ value: Value = .none, short: String? = nil) {
        self.name = name
        self.short = short
        self.value = value
    }
}

extension ODMOption {
    /// In the order in which ODM runs them.
    package static let stages = [
        "dataset", "split", "merge", "opensfm", "openmvs", "odm_filterpoints", "odm_meshing", "mvs_texturing",
        "odm_georeferencing", "odm_dem", "odm_orthophoto", "odm_report", "odm_postprocess",
    ]
    private static let quality = Value.oneOf(["ultra", "high", "medium", "low", "lowest"])
    private static let lenses = [
        "auto", "perspective", "brown", "fisheye", "fisheye_opencv", "spherical", "equirectangular", "dual",
    ]

    /// Options that change what `orthopreview` does.
    static let honoured = [
        ODMOption("--project-path", .text), ODMOption("--orthophoto-resolution", .number), ODMOption("--ignore-gsd"),
        ODMOption("--max-concurrency", .integer), ODMOption("--skip-orthophoto"),
        ODMOption("--orthophoto-compression", .oneOf(["JPEG", "LZW", "PACKBITS", "DEFLATE", "LZMA", "NONE"])),
        ODMOption("--orthophoto-no-tiled"), ODMOption("--gps-accuracy", .number),
    ]

    /// Options that ODM has and that mean nothing to a flat preview: taken, checked, and without effect.
    ///
    /// Source: https://docs.opendronemap.org/arguments/
    static let ignored = imageMatching + reconstruction + outputs + splitting

    private static let imageMatching = [
        ODMOption("--min-num-features", .integer), ODMOption("--feature-quality", quality),
        ODMOption("--feature-type", .oneOf(["akaze", "dspsift", "hahog", "orb", "sift"])),
        ODMOption("--matcher-type", .oneOf(["auto", "bow", "bruteforce", "flann", "hamming"])),
        ODMOption("--matcher-neighbors", .integer), ODMOption("--matcher-order", .integer),
        ODMOption("--use-fixed-camera-params"), ODMOption("--cameras", .text),
        ODMOption("--camera-lens", .oneOf(lenses)),
        ODMOption("--radiometric-calibration", .oneOf(["none", "camera", "camera+sun"])),
        ODMOption("--use-hybrid-bundle-adjustment"), ODMOption("--sfm-no-partial"),
        ODMOption("--sfm-algorithm", .oneOf(["incremental", "triangulation", "planar"])),
        ODMOption("--sky-removal"), ODMOption("--bg-removal"), ODMOption("--rolling-shutter"),
        ODMOption("--rolling-shutter-readout", .number), ODMOption("--force-gps"),
        ODMOption("--gps-z-offset", .number), ODMOption("--gcp", .text), ODMOption("--geo", .text),
        ODMOption("--align", .text), ODMOption("--use-exif"), ODMOption("--primary-band", .text),
        ODMOption("--skip-band-alignment"), ODMOption("--video-limit", .integer),
        ODMOption("--video-resolution", .integer), ODMOption("--no-gpu"),
    ]

    private static let reconstruction = [
        ODMOption("--fast-orthophoto"), ODMOption("--use-3dmesh"), ODMOption("--skip-3dmodel"),
        ODMOption("--mesh-size", .integer), ODMOption("--mesh-octree-depth", .integer), ODMOption("--crop", .number),
        ODMOption("--boundary", .text), ODMOption("--auto-boundary"), ODMOption("--auto-boundary-distance", .number),
        ODMOption("--pc-quality", quality), ODMOption("--pc-classify"), ODMOption("--pc-csv"), ODMOption("--pc-las"),
        ODMOption("--pc-ept"), ODMOption("--pc-copc"), ODMOption("--pc-rectify"), ODMOption("--pc-filter", .number),
        ODMOption("--pc-sample", .number), ODMOption("--pc-skip-geometric"), ODMOption("--smrf-scalar", .number),
        ODMOption("--smrf-slope", .number), ODMOption("--smrf-threshold", .number),
        ODMOption("--smrf-window", .number), ODMOption("--texturing-skip-global-seam-leveling"),
        ODMOption("--texturing-keep-unseen-faces"), ODMOption("--texturing-single-material"),
    ]

    private static let outputs = [
        ODMOption("--dtm"), ODMOption("--dsm"), ODMOption("--dem-gapfill-steps", .integer),
        ODMOption("--dem-resolution", .number), ODMOption("--dem-decimation", .integer),
        ODMOption("--dem-euclidean-map"), ODMOption("--orthophoto-png"), ODMOption("--orthophoto-kmz"),
        ODMOption("--orthophoto-cutline"), ODMOption("--tiles"), ODMOption("--3d-tiles"), ODMOption("--gltf"),
        ODMOption("--cog"), ODMOption("--copy-to", .text), ODMOption("--skip-report"),
        ODMOption("--report-units", .oneOf(["m", "ft", "US survey foot"])), ODMOption("--optimize-disk-space"),
    ]

    private static let splitting = [
        ODMOption("--split", .integer), ODMOption("--split-overlap", .number),
        ODMOption("--split-image-groups", .text), ODMOption("--sm-no-align"), ODMOption("--sm-cluster", .text),
        ODMOption("--merge", .oneOf(["all", "pointcloud", "orthophoto", "dem"])),
        ODMOption("--end-with", .oneOf(stages), short: "-e"), ODMOption("--rerun", .oneOf(stages), short: "-r"),
        ODMOption("--rerun-all"), ODMOption("--rerun-from", .oneOf(stages)),
    ]

    /// Options of older releases: ODM warns and goes on, and so do we.
    static let dropped: Set<String> = [
        "--verbose", "--debug", "--time", "--resize-to", "--depthmap-resolution", "--pc-geometric",
        "--texturing-data-term", "--texturing-outlier-removal-type", "--texturing-tone-mapping",
        "--texturing-skip-local-seam-leveling", "--build-overviews",
    ]
}
