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
        let artefact = try await stage.publish([output], in: StoragePath.cog, as: 0.9...1)
        let cog = result.output
        let record = ArtefactRecord(
            fileName: artefact.fileName, path: artefact.path, bytes: cog.bytes, info: cog.info,
            runtime: start.secondsUntilNow)
        return StageResult(measures: StageMeasures(peakMemoryBytes: result.peakMemoryBytes), records: [.cog(record)])
    }
}

extension StageContext {
    /// Stores files for the map client in a folder whose name was never used, so that no cache shows an old version.
    /// - Returns: the first file's name, and its path below the top folder as the database keeps it.
    func publish(
        _ locals: [String], in topFolder: (String) throws -> StoragePath, as range: ClosedRange<Double>
    ) async throws -> (fileName: String, path: String) {
        let folder = UUID().uuidString.lowercased()
        let names = locals.map { ($0 as NSString).lastPathComponent }
        let share = (range.upperBound - range.lowerBound) / Double(locals.count)
        // The first file is the one that the database will name: it comes last, when the others are there.
        for (index, (local, name)) in zip(locals, names).reversed().enumerated() {
            let start = range.lowerBound + Double(index) * share
            try await storage.store(
                local, as: topFolder("\(folder)/\(name)"), progress: transfer(start...start + share, "storing \(name)"))
        }
        return (names[0], "\(folder)/\(names[0])")
    }
}
