/// A row that a stage leaves in the platform's tables. Data and not code, so that it can lie in a file until the
/// database has taken it.
public enum StageRecord: Codable, Sendable, Equatable {
    case rawImages(RawImagesRecord)
    case ortho(OrthoRecord)
    case processedOrtho(OrthoRecord)
    case cog(ArtefactRecord)
    case thumbnail(ArtefactRecord)
    /// `json` is the whole of `v2_metadata.metadata`; `runtime` in seconds.
    case metadata(json: String, runtime: Double)
    /// What the stage of that type wants the researcher to know although it worked; none takes earlier ones away.
    case warnings([String], of: TaskType)
}

extension Transaction {
    /// Writes the record, in place of an older one of the same dataset.
    public func write(_ record: StageRecord, of datasetID: Int64) throws {
        switch record {
        case .rawImages(let images): try write(images, of: datasetID)
        case .ortho(let ortho): try write(ortho: ortho, of: datasetID)
        case .processedOrtho(let ortho): try write(processedOrtho: ortho, of: datasetID)
        case .cog(let cog): try write(cog: cog, of: datasetID)
        case .thumbnail(let thumbnail): try write(thumbnail: thumbnail, of: datasetID)
        case .metadata(let json, let runtime): try write(metadata: json, runtime: runtime, of: datasetID)
        case .warnings(let sentences, let type):
            try run(Self.clearWarnings, [.int(datasetID), .text(type.rawValue)])
            guard !sentences.isEmpty else { return }
            try run(Self.writeWarnings, [.int(datasetID), .text(type.rawValue), .array(sentences)])
        }
    }

    private static let clearWarnings = Statement(
        "clear warnings", "DELETE FROM v2_dataset_warnings WHERE dataset_id = $1 AND task_type = $2")
    private static let writeWarnings = Statement(
        "write warnings", "INSERT INTO v2_dataset_warnings (dataset_id, task_type, sentences) VALUES ($1, $2, $3)")
}
