import Failures
import Foundation
import Raster
import Testing

/// A folder in which rasters are made and standardised.
struct Workbench {
    let folder = TemporaryFolder()

    /// Standardises what `maker` makes; the result has to be standard, and alone in the folder.
    func standardise(
        _ maker: RasterMaker, _ change: (borrowing RasterDataset) throws -> Void = { _ in }
    ) throws -> (report: StandardiseReport, pixels: Pixels) {
        try standardise(try maker.make(folder.file("in.tif"), change))
    }

    func standardise(_ input: String) throws -> (report: StandardiseReport, pixels: Pixels) {
        let output = folder.file("out.tif")
        let report = try Orthophoto.standardise(input, to: output)
        #expect(try Orthophoto.standardise(output, to: folder.file("again.tif")).alreadyStandard)
        #expect(!folder.names.contains { $0.contains(".part-") || $0.contains(".scratch-") })
        return (report, try Pixels(of: output))
    }

    func refusal(_ maker: RasterMaker, _ change: (borrowing RasterDataset) throws -> Void = { _ in }) -> Failure? {
        try? FileManager.default.removeItem(atPath: folder.file("out.tif"))  // of an earlier call, if there was one
        let failure = #expect(throws: Failure.self) { _ = try self.standardise(maker, change) }
        #expect(!folder.names.contains { $0.hasPrefix("out.tif") })
        return failure
    }
}
