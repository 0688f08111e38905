public import DB
import Foundation
import NativeChild
import Raster

/// Checks the dataset's orthophoto, describes it, and makes the standard copy that all later stages read.
public struct GeoTIFFStage: TaskHandler {
    public let type = TaskType.geotiff
    public let status = DatasetStatus.orthoProcessing
    public let flag = DoneFlag.ortho

    public init() {}

    public func run(_ stage: StageContext) async throws -> StageResult {
        let original = try await stage.originalOrtho(as: 0...0.2)
        let start = ContinuousClock.now
        let result = try await stage.native(
            StandardiseOrtho(input: original, output: stage.scratch.standardOrtho(stage.datasetID)), as: 0.2...1,
            "standardising the orthophoto")
        let runtime = start.secondsUntilNow
        let output = result.output
        let fileName = "\(stage.datasetID)_ortho.tif"
        let detail = String(decoding: try JSONEncoder().encode(output.report), as: UTF8.self)
        return StageResult(
            measures: StageMeasures(peakMemoryBytes: result.peakMemoryBytes, detail: detail),
            records: [
                .ortho(output.original.record(fileName: fileName, runtime: nil)),
                .processedOrtho(output.standard.record(fileName: fileName, runtime: runtime)),
            ])
    }
}

extension ContinuousClock.Instant {
    /// For the runtime columns.
    var secondsUntilNow: Double { (ContinuousClock.now - self) / .seconds(1) }
}
