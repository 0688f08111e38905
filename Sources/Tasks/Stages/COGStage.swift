public import DB
import Foundation
import NativeChild
import Storage

/// Makes the cloud-optimised GeoTIFF in Web Mercator that the map loads, and puts it into storage.
public struct COGStage: TaskHandler {
    public let type = TaskType.cog
    public let status = DatasetStatus.cogProcessing
    public let flag = DoneFlag.cog

    public init() {}

    public func run(_ stage: StageContext) async throws -> StageResult {
        let start = ContinuousClock.now
        let input = try await stage.standardOrtho(as: 0...0.2)
        let output = stage.scratch.cog(stage.datasetID)
        let result = try await stage.native(MakeCOG(input: input, output: output), as: 0.2...0.9, "making the COG")
        let artefact = try await stage.publish(output, in: StoragePath.cog, as: 0.9...1)
        let cog = result.output
        let record = ArtefactRecord(
            fileName: artefact.fileName, path: artefact.path, bytes: cog.bytes, info: cog.info,
            runtime: start.secondsUntilNow)
        return StageResult(measures: StageMeasures(peakMemoryBytes: result.peakMemoryBytes), records: [.cog(record)])
    }
}

extension StageContext {
    /// Stores a file for the map client under a name that was never used, so that no cache shows an old version.
    /// - Returns: the file's name, and its path below the top folder as the database keeps it.
    func publish(
        _ local: String, in topFolder: (String) throws -> StoragePath, as range: ClosedRange<Double>
    ) async throws -> (fileName: String, path: String) {
        let fileName = (local as NSString).lastPathComponent
        let path = "\(UUID().uuidString.lowercased())/\(fileName)"
        try await storage.store(local, as: topFolder(path), progress: transfer(range, "storing \(fileName)"))
        return (fileName, path)
    }
}
