import Failures
import Foundation
import Raster
import Testing

@Suite struct StandardiseTests {
    let bench = Workbench()

    @Test func keepsTheValuesOfPlainRGB() throws {
        let maker = RasterMaker()
        let (report, pixels) = try bench.standardise(maker)
        #expect(report.validity == .everywhere && report.bands == 3 && report.validShare == 1)
        #expect(pixels[10, 7] == (1...3).map { UInt8(maker.value($0, 10, 7)) })
    }

    @Test func recognisesAStandardFileByAllItsProperties() throws {
        var maker = RasterMaker(
            bands: 4, options: ["TILED=YES", "COMPRESS=DEFLATE", "INTERLEAVE=PIXEL", "PHOTOMETRIC=RGB", "ALPHA=YES"])
        maker.value = { band, _, _ in band == 4 ? 255 : 100 }
        let input = try maker.make(bench.folder.file("in.tif"))
        let report = try Orthophoto.standardise(input, to: bench.folder.file("out.tif"))
        #expect(report.alreadyStandard)
        #expect(FileManager.default.contentsEqual(atPath: input, andPath: bench.folder.file("out.tif")))
    }

    @Test(arguments: [
        (["TILED=YES", "INTERLEAVE=PIXEL", "COMPRESS=JPEG"], "lossy compression"),
        (["INTERLEAVE=PIXEL", "BLOCKYSIZE=5"], "not tiled"),
        (["TILED=YES", "INTERLEAVE=BAND"], "band-interleaved"),
    ])
    func rewritesWhatDiffersInOneProperty(options: [String], deviation: String) throws {
        let (report, _) = try bench.standardise(RasterMaker(options: options))
        #expect(report.deviations.contains(deviation))
    }

    @Test func namesTheFinalFileWhenItCannotBeWritten() throws {
        let input = try RasterMaker().make(bench.folder.file("in.tif"))
        let failure = #expect(throws: Failure.self) {
            try Orthophoto.standardise(input, to: bench.folder.file("no/such/out.tif"))
        }
        #expect(failure?.sentence.hasPrefix("writing out.tif failed") == true && failure?.retry == .later)
    }

    @Test func standardisesASinglePixel() throws {
        var maker = RasterMaker(width: 1, height: 1, type: .uint16)
        maker.value = { _, _, _ in 32_768 }
        let (_, pixels) = try bench.standardise(maker)
        #expect(pixels.values == [128, 128, 128])
    }
}
