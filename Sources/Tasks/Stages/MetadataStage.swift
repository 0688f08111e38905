public import DB
import Failures
import NativeChild

/// Says in which country, district and biome the dataset lies, and how the vegetation there greens and fades.
public struct MetadataStage: TaskHandler {
    public let type = TaskType.metadata
    public let status = DatasetStatus.metadataProcessing
    public let flag = DoneFlag.metadata
    public let needsScratch = false

    private let assets: String?

    /// - Parameter assets: the folder with GADM, biome and phenology data; nil leaves all fields empty.
    public init(assets: String?) {
        self.assets = assets
    }

    public func run(_ stage: StageContext) async throws -> StageResult {
        let start = ContinuousClock.now
        let datasetID = stage.datasetID
        guard let centre = try await stage.queue.storedArtefacts(of: datasetID).centre else {
            throw Failure.placeUnknown(datasetID)
        }
        let work = LookUpPlace(assets: assets, longitude: centre.longitude, latitude: centre.latitude)
        // Without data there is nothing to open, so nothing that a child would have to be risked for.
        let json =
            assets == nil
            ? try work.run { _ in } : try await stage.native(work, as: 0...1, "looking up the place").output
        let runtime = start.secondsUntilNow
        return StageResult(records: [.metadata(json: json, runtime: runtime)])
    }
}

extension Failure {
    static func placeUnknown(_ datasetID: Int64) -> Failure {
        Failure(
            "place_unknown",
            "it is not known where dataset \(datasetID) lies; run geotiff first, on an orthophoto with a coordinate system"
        )
    }
}
