import Foundation
import Testing

@testable import Tasks

@Suite struct ODMProgressTests {
    /// The values after each line that said something.
    private func values(_ lines: [String]) -> [Double] {
        var progress = ODMProgress()
        return lines.compactMap { progress.read($0) ? progress.value : nil }
    }

    private static let photos = (1...50).map { String(format: "DJI_%04d.JPG", $0) }

    /// A run of ODM 3 with --fast-orthophoto, as far as its lines tell of progress, with some that do not.
    private static let run: [String] = {
        let stamp = "2026-01-02 10:00:00,123"
        var lines = [
            "[INFO]    Initializing ODM 3.5.6 - Fri Jan 02 10:00:00  2026", "[INFO]    ==============",
            "[INFO]    fast_orthophoto: True", "[INFO]    ==============", "[INFO]    Running dataset stage",
            "[INFO]    Loading dataset from: /project/1/images", "[INFO]    Loading \(photos.count) images",
            "[INFO]    Wrote images database: /project/1/images.json", "[INFO]    Found \(photos.count) usable images",
            "[INFO]    Finished dataset stage", "[INFO]    Running split stage",
            "[INFO]    Normal dataset, will process all at once.",
            "[INFO]    Finished split stage", "[INFO]    Running merge stage", "[INFO]    Finished merge stage",
            "[INFO]    Running opensfm stage",
            "[INFO]    running \"/code/opensfm\" detect_features \"/project/1/opensfm\"",
            "\(stamp) INFO: Planning to use 8953.8 MB of RAM for both processing queue and parallel processing.",
        ]
        for photo in photos {
            lines += [
                "\(stamp) INFO: Extracting ROOT_DSPSIFT features for image \(photo)",
                "\(stamp) DEBUG: Found 9980 points in 4.2s",
            ]
        }
        lines.append("\(stamp) INFO: Matching 49 image pairs")
        for (one, two) in zip(photos, photos.dropFirst()) {
            lines.append(
                "\(stamp) DEBUG: Matching \(one) and \(two).  Matcher: FLANN (symmetric) T-desc: 1.2 T-robust: 0.01 T-total: 1.21 Matches: 903 Robust: 880 Success: True"
            )
            lines.append("\(stamp) DEBUG: Matching \(two) and \(one).  Matcher: FLANN Matches: 903")
        }
        lines += [
            "\(stamp) INFO: Matched 49 pairs for 50 ref_images in 61.3 s",
            "\(stamp) INFO: Starting reconstruction with \(photos[0]) and \(photos[1])",
        ]
        lines += photos.dropFirst(2).prefix(40).map { "\(stamp) INFO: Adding \($0) to the reconstruction" }
        lines.append("\(stamp) INFO: Adding \(photos[48]) and \(photos[49]) to the reconstruction")
        lines += photos.map { "\(stamp) DEBUG: Undistorting image \($0)" }
        for stage in [
            "openmvs", "odm_filterpoints", "odm_meshing", "mvs_texturing", "odm_georeferencing", "odm_dem",
            "odm_orthophoto", "odm_report", "odm_postprocess",
        ] {
            lines += ["[INFO]    Running \(stage) stage", "[INFO]    Finished \(stage) stage"]
        }
        return lines + ["[INFO]    ODM app finished - Fri Jan 02 11:00:00  2026"]
    }()

    @Test func aWholeRunGoesForwardOnlyAndCountsPhotos() throws {
        let values = values(Self.run)
        #expect(values == values.sorted())
        #expect(values.first == 0.01)
        #expect(values.last == 0.99)
        // No step is large: it moves while photos are looked at, matched, placed and undistorted.
        let steps = zip(values, values.dropFirst()).map { $1 - $0 }
        #expect(steps.allSatisfy { $0 < 0.15 })
        #expect(values.filter { (0.03...0.60).contains($0) }.count > 180)
    }

    @Test func eachCountFillsItsShare() {
        var progress = ODMProgress()
        func read(until text: String) {
            for line in Self.run {
                _ = progress.read(line)
                if line.contains(text) { return }
            }
        }
        read(until: "features for image DJI_0050")
        #expect(progress.value == 0.20 && progress.note == "50 of 50 features")
        progress = ODMProgress()
        read(until: "features for image DJI_0025")
        #expect(abs(progress.value - 0.115) < 0.001)
        progress = ODMProgress()
        read(until: "DJI_0049.JPG and DJI_0050.JPG.  Matcher")
        #expect(progress.value == 0.40 && progress.note == "49 of 49 pairs matched")
        progress = ODMProgress()
        read(until: "Adding DJI_0049.JPG and DJI_0050.JPG")
        #expect(progress.note == "42 of 50 photos reconstructed")
        progress = ODMProgress()
        read(until: "Undistorting image DJI_0050")
        #expect(abs(progress.value - 0.60) < 1e-9)
    }

    @Test func aRunInPartsStaysMonotoneAndWithinOne() {
        // With --split every part prints all of it again.
        let values = values(Self.run + Self.run + Self.run)
        #expect(values == values.sorted())
        #expect(values.allSatisfy { (0...1).contains($0) })
    }

    @Test func thePreviewsOwnLines() {
        let lines = [
            "[INFO]    Running dataset stage", "[INFO]    Loading 12 images", "[INFO]    Finished dataset stage",
            "[INFO]    Running odm_orthophoto stage", "[INFO]    Rendering orthophoto: 10%",
            "[INFO]    Rendering orthophoto: 50%",
            "[INFO]    Rendering orthophoto: 100%", "[INFO]    Finished odm_orthophoto stage",
        ]
        let values = values(lines)
        #expect(values.count == 6)
        #expect(zip(values, [0.01, 0.02, 0.84, 0.854, 0.91, 0.98]).allSatisfy { abs($0 - $1) < 1e-9 })
    }

    @Test(arguments: [
        "[WARNING] orthophoto: nan%", "[WARNING] orthophoto: inf% seems corrupted", "orthophoto: 1e300%",
        "orthophoto: -5%",
        "orthophoto: %", "orthophoto:", "Loading 99999999999999999999 images", "Running stage", "Running",
        "Running  stage", "Running nonsense stage",
        "Loading", "Matching image", "",
    ])
    func linesThatOnlyLookLikeProgressSayNothing(_ line: String) {
        var progress = ODMProgress()
        let saidSomething = progress.read(line)
        #expect(!saidSomething)
        #expect(progress.value == 0)
    }

    @Test func countsWithoutATotalMoveNothing() {
        var progress = ODMProgress()
        let said = [
            "INFO: Extracting ROOT_SIFT features for image a.jpg", "DEBUG: Undistorting image a.jpg",
            "[INFO] Loading 0 images", "DEBUG: Undistorting image a.jpg",
        ].map { progress.read($0) }
        #expect(said == [false, false, true, false])
        #expect(progress.value == 0.02)
    }
}
