extension Transaction {
    /// - Parameters:
    ///   - id: nil for the next one.
    ///   - acquired: used where the client names no date.
    func insert(
        _ dataset: NewDataset, as id: Int64?, acquired: RawImagesRecord.Day?, _ requester: Requester
    ) throws -> Row {
        let isDated = dataset.year != nil || dataset.month != nil || dataset.day != nil
        let day = isDated ? nil : acquired.flatMap { (1981...2098).contains($0.year) ? $0 : nil }
        let rows = try run(
            id == nil ? Uploads.insertNextDataset : Uploads.insertDataset,
            [
                .text(requester.userID), .text(dataset.fileName), .text(dataset.license), .text(dataset.platform),
                .optional(dataset.projectID), .array(dataset.authors), .optional(dataset.year ?? day?.year),
                .optional(dataset.month ?? day?.month), .optional(dataset.day ?? day?.day),
                .optional(dataset.additionalInformation), .text(dataset.dataAccess), .optional(dataset.citationDOI),
            ] + (id.map { [.int($0)] } ?? []))
        guard let row = rows.first else { throw DatabaseError.keptOut }
        return row
    }

    func insert(_ images: RawImagesRecord, at path: String, of datasetID: Int64) throws {
        try run(
            Uploads.insertRawImages,
            [
                .int(datasetID), .int(images.imageCount), .int(max(1, images.bytes / 1_048_576)), .text(path),
                .text(images.cameraMetadata), .bool(images.hasRTK), .optional(images.rtkPrecision),
                .optional(images.rtkQuality), .int(images.rtkFileCount),
            ])
    }
}

extension Uploads {
    /// A dataset as today's API answers with it.
    private static let asJSON = """
        json_build_object('id', d.id, 'user_id', d.user_id, 'created_at', d.created_at, 'file_name', d.file_name,
          'license', d.license, 'platform', d.platform, 'project_id', d.project_id, 'authors', d.authors,
          'aquisition_year', d.aquisition_year, 'aquisition_month', d.aquisition_month,
          'aquisition_day', d.aquisition_day, 'additional_information', d.additional_information,
          'data_access', d.data_access, 'citation_doi', d.citation_doi, 'archived', d.archived)::text AS dataset
        """

    private static let columns = """
        user_id, file_name, license, platform, project_id, authors, aquisition_year, aquisition_month, aquisition_day,
          additional_information, data_access, citation_doi
        """
    private static let values = """
        $1::uuid, $2, $3::"License", $4::"Platform", $5, $6::text[], $7::smallint, $8::smallint, $9::smallint, $10,
          $11::access, $12
        """

    static let insertNextDataset = Statement(
        "insert next dataset",
        "INSERT INTO v2_datasets AS d (\(columns)) VALUES (\(values)) RETURNING d.id, \(asJSON)")
    static let insertDataset = Statement(
        "insert dataset",
        "INSERT INTO v2_datasets AS d (\(columns), id) VALUES (\(values), $13) RETURNING d.id, \(asJSON)")

    // raw_image_size_mb counts MiB, at least 1, as today's API does. rtk_precision_cm holds at most 99.99.
    static let insertRawImages = Statement(
        "insert raw images",
        """
        INSERT INTO v2_raw_images (dataset_id, raw_image_count, raw_image_size_mb, raw_images_path, camera_metadata,
          has_rtk_data, rtk_precision_cm, rtk_quality_indicator, rtk_file_count)
        VALUES ($1, $2, $3, $4, $5::jsonb, $6, least($7::numeric, 99.99), $8, $9)
        """)

    static let insertStatus = Statement(
        "insert status of upload",
        "INSERT INTO v2_statuses (dataset_id, current_status, is_upload_done) VALUES ($1, 'idle', true)")

    static let insertUpload = Statement(
        "insert upload",
        """
        INSERT INTO v2_uploads (user_id, upload_id, dataset_id, server, file_name, bytes, chunks, fingerprint)
        VALUES ($1::uuid, $2, $3, $4, $5, $6, $7, $8)
        """)
    static let finishUpload = Statement(
        "finish upload",
        "UPDATE v2_uploads SET finished_at = now() WHERE dataset_id = $1 AND given_up_at IS NULL RETURNING id")
    static let giveUpUpload = Statement(
        "give upload up",
        "UPDATE v2_uploads SET given_up_at = now() WHERE dataset_id = $1 AND finished_at IS NULL RETURNING id")
    static let forgetUpload = Statement(
        "forget upload", "DELETE FROM v2_uploads WHERE dataset_id = $1 AND given_up_at IS NOT NULL RETURNING id")

    static let findDataset = Statement(
        "find dataset of upload",
        """
        SELECT \(asJSON) FROM v2_uploads u JOIN v2_datasets d ON d.id = u.dataset_id
        WHERE u.user_id = $1::uuid AND u.upload_id = $2 AND u.finished_at IS NOT NULL
          AND u.fingerprint = $3
        ORDER BY u.id DESC LIMIT 1
        """)
    static let findByID = Statement(
        "find uploaded dataset",
        """
        SELECT \(asJSON) FROM v2_uploads u JOIN v2_datasets d ON d.id = u.dataset_id
        WHERE u.user_id = $1::uuid AND u.dataset_id = $2 AND u.finished_at IS NOT NULL
        """)
    static let findFinished = Statement(
        "find finished upload",
        """
        SELECT u.dataset_id, u.file_name, u.bytes, u.chunks FROM v2_uploads u JOIN v2_datasets d ON d.id = u.dataset_id
        WHERE u.user_id = $1::uuid AND u.upload_id = $2 AND u.finished_at IS NOT NULL ORDER BY u.id DESC LIMIT 1
        """)
    static let findLeftovers = Statement(
        "find leftover uploads",
        """
        SELECT dataset_id FROM v2_uploads
        WHERE finished_at IS NULL AND (server = $1 OR created_at < now() - $2::interval) ORDER BY id
        """)
}
