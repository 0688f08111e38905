import ODMFlags

extension ODMArguments {
    /// Printed by `--version`.
    public static let versionText = "orthopreview 1.0 (takes the command line of ODM 3.6)"

    /// Printed before the message when the command line is wrong, as argparse does.
    public static let usageText = "usage: orthopreview [options] <dataset name>"

    /// Printed by `--help`.
    public static let helpText = """
        \(usageText)

        Makes a quick orthophoto on the CPU, straight from each photo's GPS position, height, yaw and focal length.
        It takes OpenDroneMap's (ODM) command line and folder layout, so that it can stand in for ODM in tests, in
        the demo and as a preview. It does NOT do photogrammetry: the ground is taken to be flat, there is no point
        cloud, no surface model, no report. Expect displacements of some metres where the ground is not flat.

        Reads  <project path>/<dataset name>/images/*  (JPEG, TIFF, PNG with GPS, height and focal length)
        Writes <project path>/<dataset name>/odm_orthophoto/odm_orthophoto.tif  and  log.json

        options that do something:
          --project-path <path>             folder of projects (default: /)
          --orthophoto-resolution <float>   centimetres per pixel (default: 5); not finer than the estimated
                                            ground sampling distance minus 10 %
          --ignore-gsd                      lifts that limit
          --gps-accuracy <metres>           how far a photo may be moved to fit its neighbours (default: 3)
          --max-concurrency <integer>       threads (default: number of cores)
          --orthophoto-compression <name>   JPEG, LZW, PACKBITS, DEFLATE, LZMA or NONE (default: DEFLATE)
          --orthophoto-no-tiled             strips instead of tiles
          --skip-orthophoto                 only checks and places the photos
          --help, --version

        accepted and ignored, because they steer steps that do not happen here:
        \(ignoredNames)
        """

    private static var ignoredNames: String {
        var lines = [" "]
        for name in ODMFlag.ignored.map(\.name).sorted() {
            if lines[lines.count - 1].count + name.count > 110 { lines.append(" ") }
            lines[lines.count - 1] += " " + name
        }
        return lines.joined(separator: "\n")
    }
}
