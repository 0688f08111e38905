public import DB
import Foundation
import NativeChild
import Storage

/// Makes the dataset's thumbnail and a larger preview, and puts both into storage, one beside the other.
public struct ThumbnailStage: TaskHandler {
    public let type = TaskType.thumbnail
    public let status = DatasetStatus.thumbnailProcessing
    public let flag = DoneFlag.thumbnail

    public init() {}

    public func run(_ stage: StageContext) async throws -> StageResult {
        let start = ContinuousClock.now
        let input = try await stage.cogOrStandardOrtho(as: 0...0.5)
        let output = stage.scratch.thumbnail(stage.datasetID), preview = stage.scratch.preview(stage.datasetID)
        let result = try await stage.native(
            MakeThumbnail(input: input, output: output, preview: preview), as: 0.5...0.9, "making the thumbnail")
        let bytes = try FileManager.default.attributesOfItem(atPath: output)[.size] as? NSNumber
        let artefact = try await stage.publish([output, preview], in: StoragePath.thumbnail, as: 0.9...1)
        let record = ArtefactRecord(
            fileName: artefact.fileName, path: artefact.path, bytes: bytes?.int64Value ?? 0,
            runtime: start.secondsUntilNow)
        return StageResult(
            measures: StageMeasures(peakMemoryBytes: result.peakMemoryBytes), records: [.thumbnail(record)])
    }
}
