/// A raster's entry in `v2_orthos` or `v2_orthos_processed`.
public struct OrthoRecord: Codable, Sendable, Equatable {
    public var fileName: String
    public var bytes: Int64
    /// `BOX(w s,e n)` in degrees, nil where the file has no place on earth.
    public var bbox: String?
    public var sha256: String
    /// JSON.
    public var info: String
    /// Seconds; of the conversion, for a processed ortho.
    public var runtime: Double?

    public init(fileName: String, bytes: Int64, bbox: String?, sha256: String, info: String, runtime: Double?) {
        self.fileName = fileName
        self.bytes = bytes
        self.bbox = bbox
        self.sha256 = sha256
        self.info = info
        self.runtime = runtime
    }

    /// The tables count MiB, at least 1, as today's API does.
    fileprivate var parameters: [SQLValue] {
        [
            .text(fileName), .int(max(1, bytes / 1_048_576)), .optional(bbox), .text(sha256), .text(info),
            .optional(runtime),
        ]
    }
}

/// A file in storage that the map client loads: the COG or the thumbnail.
public struct ArtefactRecord: Codable, Sendable, Equatable {
    public var fileName: String
    /// Below `cogs/` or `thumbnails/`.
    public var path: String
    public var bytes: Int64
    /// JSON; COGs only.
    public var info: String?
    /// Seconds, storing included.
    public var runtime: Double

    public init(fileName: String, path: String, bytes: Int64, info: String? = nil, runtime: Double) {
        self.fileName = fileName
        self.path = path
        self.bytes = bytes
        self.info = info
        self.runtime = runtime
    }
}

extension Transaction {
    func write(ortho: OrthoRecord, of datasetID: Int64) throws {
        try run(Self.upsertOrtho, [.int(datasetID)] + ortho.parameters)
    }

    func write(processedOrtho ortho: OrthoRecord, of datasetID: Int64) throws {
        try run(Self.upsertProcessedOrtho, [.int(datasetID)] + ortho.parameters)
    }

    func write(cog: ArtefactRecord, of datasetID: Int64) throws {
        try run(
            Self.upsertCOG,
            [
                .int(datasetID), .text(cog.fileName), .text(cog.path), .int(max(1, cog.bytes / 1_048_576)),
                .text(cog.info ?? "{}"), .double(cog.runtime),
            ])
    }

    /// The table counts a thumbnail's size in bytes, unlike its neighbours.
    func write(thumbnail: ArtefactRecord, of datasetID: Int64) throws {
        try run(
            Self.upsertThumbnail,
            [
                .int(datasetID), .text(thumbnail.fileName), .text(thumbnail.path), .int(thumbnail.bytes),
                .double(thumbnail.runtime),
            ])
    }

    func write(metadata: String, runtime: Double, of datasetID: Int64) throws {
        try run(Self.upsertMetadata, [.int(datasetID), .text(metadata), .double(runtime)])
    }

    private static let upsertOrtho = Statement(
        "upsert ortho",
        """
        INSERT INTO v2_orthos AS o (dataset_id, ortho_file_name, version, ortho_file_size, bbox, sha256, ortho_info,
          ortho_upload_runtime)
        VALUES ($1, $2, 1, $3, $4::box2d, $5, $6::jsonb, $7)
        ON CONFLICT (dataset_id) DO UPDATE SET ortho_file_name = EXCLUDED.ortho_file_name,
          ortho_file_size = EXCLUDED.ortho_file_size, bbox = EXCLUDED.bbox, sha256 = EXCLUDED.sha256,
          ortho_info = EXCLUDED.ortho_info,
          ortho_upload_runtime = coalesce(EXCLUDED.ortho_upload_runtime, o.ortho_upload_runtime)
        """)

    private static let upsertProcessedOrtho = Statement(
        "upsert processed ortho",
        """
        INSERT INTO v2_orthos_processed (dataset_id, ortho_file_name, version, ortho_file_size, bbox, sha256,
          ortho_info, ortho_processing_runtime)
        VALUES ($1, $2, 1, $3, $4::box2d, $5, $6::jsonb, $7)
        ON CONFLICT (dataset_id) DO UPDATE SET ortho_file_name = EXCLUDED.ortho_file_name,
          ortho_file_size = EXCLUDED.ortho_file_size, bbox = EXCLUDED.bbox, sha256 = EXCLUDED.sha256,
          ortho_info = EXCLUDED.ortho_info, ortho_processing_runtime = EXCLUDED.ortho_processing_runtime
        """)

    private static let upsertCOG = Statement(
        "upsert cog",
        """
        INSERT INTO v2_cogs (dataset_id, cog_file_name, version, cog_path, cog_file_size, cog_info, cog_processing_runtime)
        VALUES ($1, $2, 1, $3, $4, $5::jsonb, $6)
        ON CONFLICT (dataset_id) DO UPDATE SET cog_file_name = EXCLUDED.cog_file_name, cog_path = EXCLUDED.cog_path,
          cog_file_size = EXCLUDED.cog_file_size, cog_info = EXCLUDED.cog_info,
          cog_processing_runtime = EXCLUDED.cog_processing_runtime
        """)

    private static let upsertThumbnail = Statement(
        "upsert thumbnail",
        """
        INSERT INTO v2_thumbnails (dataset_id, thumbnail_file_name, version, thumbnail_path, thumbnail_file_size,
          thumbnail_processing_runtime)
        VALUES ($1, $2, 1, $3, $4, $5)
        ON CONFLICT (dataset_id) DO UPDATE SET thumbnail_file_name = EXCLUDED.thumbnail_file_name,
          thumbnail_path = EXCLUDED.thumbnail_path, thumbnail_file_size = EXCLUDED.thumbnail_file_size,
          thumbnail_processing_runtime = EXCLUDED.thumbnail_processing_runtime
        """)

    // Beside what the place says: what the geotiff stage measured on the orthophoto, and what the photos say together.
    private static let upsertMetadata = Statement(
        "upsert metadata",
        """
        INSERT INTO v2_metadata (dataset_id, metadata, version, processing_runtime)
        VALUES ($1, $2::jsonb || jsonb_strip_nulls(jsonb_build_object(
          'image', (SELECT detail -> 'image' FROM v2_task_runs
                     WHERE dataset_id = $1 AND task_type = 'geotiff' AND outcome = 'succeeded'
                     ORDER BY started_at DESC LIMIT 1),
          'flight', (SELECT (camera_metadata -> 'image_set') - 'varying'::text FROM v2_raw_images WHERE dataset_id = $1))), 1, $3)
        ON CONFLICT (dataset_id) DO UPDATE SET metadata = EXCLUDED.metadata,
          processing_runtime = EXCLUDED.processing_runtime
        """)
}

extension JobQueue {
    /// What the dataset's rows say it has in storage, so that a new version can put the old one aside.
    public struct StoredArtefacts: Sendable {
        public let cogPath: String?
        public let thumbnailPath: String?
        /// Centre of the ortho's bounding box, degrees.
        public let centre: (longitude: Double, latitude: Double)?
    }

    public func storedArtefacts(of datasetID: Int64) async throws -> StoredArtefacts {
        let row = try await database.run(Self.readArtefacts, [.int(datasetID)])[0]
        let longitude = try row.getIfPresent("longitude", as: Double.self)
        let latitude = try row.getIfPresent("latitude", as: Double.self)
        return try StoredArtefacts(
            cogPath: row.getIfPresent("cog_path"), thumbnailPath: row.getIfPresent("thumbnail_path"),
            centre: longitude.flatMap { longitude in latitude.map { (longitude, $0) } })
    }

    private static let readArtefacts = Statement(
        "read artefacts",
        """
        SELECT c.cog_path, t.thumbnail_path, (ST_XMin(o.bbox) + ST_XMax(o.bbox)) / 2 AS longitude,
          (ST_YMin(o.bbox) + ST_YMax(o.bbox)) / 2 AS latitude
        FROM (SELECT $1::bigint AS id) d
        LEFT JOIN v2_cogs c ON c.dataset_id = d.id
        LEFT JOIN v2_thumbnails t ON t.dataset_id = d.id
        LEFT JOIN v2_orthos o ON o.dataset_id = d.id
        """)
}
