/// What is known of a dataset's raw photos once they have been looked at.
public struct RawImagesRecord: Codable, Sendable, Equatable {
    public var imageCount: Int
    public var bytes: Int64
    public var hasRTK: Bool
    /// Centimetres, two decimals; nil when unknown.
    public var rtkPrecision: Double?
    public var rtkQuality: Int?
    public var rtkFileCount: Int
    /// JSON, the comprehensive EXIF of the set.
    public var cameraMetadata: String
    /// Year, month, day of the first photo; written where the dataset has none.
    public var acquired: Day?

    public struct Day: Codable, Sendable, Equatable {
        public var year: Int, month: Int, day: Int

        public init(year: Int, month: Int, day: Int) {
            self.year = year
            self.month = month
            self.day = day
        }
    }

    public init(
        imageCount: Int, bytes: Int64, hasRTK: Bool, rtkPrecision: Double?, rtkQuality: Int?, rtkFileCount: Int,
        cameraMetadata: String, acquired: Day?
    ) {
        self.imageCount = imageCount
        self.bytes = bytes
        self.hasRTK = hasRTK
        self.rtkPrecision = rtkPrecision
        self.rtkQuality = rtkQuality
        self.rtkFileCount = rtkFileCount
        self.cameraMetadata = cameraMetadata
        self.acquired = acquired
    }
}

extension JobQueue {
    /// Where the dataset's photos lie in storage, as `v2_raw_images` says, or nil when it has no entry.
    public func rawImagesPath(of datasetID: Int64) async throws -> String? {
        try await database.run(Self.readPath, [.int(datasetID)]).first?.get("raw_images_path")
    }

    private static let readPath = Statement(
        "read raw images path", "SELECT raw_images_path FROM v2_raw_images WHERE dataset_id = $1")
}

extension Transaction {
    /// Corrects the dataset's entry in `v2_raw_images`, and gives `v2_datasets` a date where it has none.
    func write(_ images: RawImagesRecord, of datasetID: Int64) throws {
        try run(
            Self.updateRawImages,
            [
                .int(datasetID), .int(images.imageCount), .int(max(1, images.bytes / 1_048_576)),
                .bool(images.hasRTK), .optional(images.rtkPrecision), .optional(images.rtkQuality),
                .int(images.rtkFileCount), .text(images.cameraMetadata),
            ])
        if let day = images.acquired {
            try run(Self.fillDate, [.int(datasetID), .int(day.year), .int(day.month), .int(day.day)])
        }
    }

    // raw_image_size_mb counts MiB, at least 1, as today's API does. rtk_precision_cm holds at most 99.99.
    private static let updateRawImages = Statement(
        "update raw images",
        """
        UPDATE v2_raw_images SET raw_image_count = $2, raw_image_size_mb = $3, has_rtk_data = $4,
          rtk_precision_cm = least($5::numeric, 99.99), rtk_quality_indicator = $6, rtk_file_count = $7,
          camera_metadata = $8::jsonb
        WHERE dataset_id = $1
        """)

    private static let fillDate = Statement(
        "fill acquisition date",
        """
        UPDATE v2_datasets SET aquisition_year = $2, aquisition_month = $3, aquisition_day = $4
        WHERE id = $1 AND aquisition_year IS NULL AND aquisition_month IS NULL AND aquisition_day IS NULL
          AND $2 BETWEEN 1981 AND 2098
        """)
}
