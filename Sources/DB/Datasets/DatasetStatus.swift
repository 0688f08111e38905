/// What `v2_statuses.current_status` may say, of the values that we write.
public enum DatasetStatus: String, Sendable, CaseIterable {
    case idle
    case odmProcessing = "odm_processing"
    case orthoProcessing = "ortho_processing"
    case metadataProcessing = "metadata_processing"
    case cogProcessing = "cog_processing"
    case thumbnailProcessing = "thumbnail_processing"
    case deadwoodSegmentation = "deadwood_segmentation"
    case forestCoverSegmentation = "forest_cover_segmentation"
    case combinedSegmentation = "deadwood_treecover_combined_segmentation"
}

/// The column of `v2_statuses` that says that a stage has been done.
public enum DoneFlag: String, Sendable, CaseIterable {
    case odm = "is_odm_done"
    case ortho = "is_ortho_done"
    case metadata = "is_metadata_done"
    case cog = "is_cog_done"
    case thumbnail = "is_thumbnail_done"
    case deadwood = "is_deadwood_done"
    case forestCover = "is_forest_cover_done"
    case combined = "is_combined_model_done"
}

extension Transaction {
    /// Nothing is being done; `error`, where there is one, is for the researcher to read.
    func markIdle(_ datasetID: Int64, error: String? = nil) throws {
        if error != nil { try ensureStatus(datasetID) }
        try run(Self.idle, [.int(datasetID), .optional(error)])
    }

    /// Today's platform has no unique constraint on dataset_id, so ON CONFLICT cannot do this.
    private func ensureStatus(_ datasetID: Int64) throws {
        try run(Self.insertStatus, [.int(datasetID)])
    }

    private static let insertStatus = Statement(
        "insert status",
        """
        INSERT INTO v2_statuses (dataset_id)
        SELECT d.id FROM v2_datasets d
        WHERE d.id = $1 AND NOT EXISTS (SELECT FROM v2_statuses s WHERE s.dataset_id = d.id)
        """)

    private static let idle = Statement(
        "mark idle",
        """
        UPDATE v2_statuses SET current_status = 'idle', updated_at = now(),
          has_error = has_error OR $2::text IS NOT NULL, error_message = coalesce($2, error_message)
        WHERE dataset_id = $1
        """)
}
