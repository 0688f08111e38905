/// What a client says about the dataset that it uploads. Values are those of the platform's enums.
public struct NewDataset: Sendable, Equatable {
    /// The uploaded file's, without a folder.
    public var fileName: String
    /// `CC BY`, `CC BY-SA`, `CC BY-NC-SA`, `MIT` or `CC BY-NC`.
    public var license: String
    /// `drone`, `airborne` or `satellite`.
    public var platform: String
    public var authors: [String]
    public var projectID: String?
    /// When the photos were taken: 1981 to 2098, as far as the client knows it.
    public var year: Int?
    /// 1 to 12.
    public var month: Int?
    /// 1 to 31.
    public var day: Int?
    public var additionalInformation: String?
    /// `public`, the default, `viewonly` or `private`.
    public var dataAccess: String
    public var citationDOI: String?

    public init(
        fileName: String, license: String, platform: String, authors: [String], projectID: String? = nil,
        year: Int? = nil, month: Int? = nil, day: Int? = nil, additionalInformation: String? = nil,
        dataAccess: String = "public", citationDOI: String? = nil
    ) {
        self.fileName = fileName
        self.license = license
        self.platform = platform
        self.authors = authors
        self.projectID = projectID
        self.year = year
        self.month = month
        self.day = day
        self.additionalInformation = additionalInformation
        self.dataAccess = dataAccess
        self.citationDOI = citationDOI
    }
}

/// One upload, by what tells it from others.
public struct UploadKey: Sendable, Equatable {
    public let uploadID: String
    /// The file's size in bytes.
    public let bytes: Int64
    /// In how many it came.
    public let chunks: Int
    /// What a repeated last chunk must agree with.
    public let fingerprint: String

    public init(uploadID: String, bytes: Int64, chunks: Int, fingerprint: String) {
        self.uploadID = uploadID
        self.bytes = bytes
        self.chunks = chunks
        self.fingerprint = fingerprint
    }
}

/// An upload that has become a dataset.
public struct FinishedUpload: Sendable, Equatable {
    public let datasetID: Int64
    public let fileName: String
    public let bytes: Int64
    /// In how many it came.
    public let chunks: Int
}

/// An upload whose server ended while it was being stored.
public struct LeftoverUpload: Sendable, Equatable {
    /// The id that was set aside for its dataset, which does not exist.
    public let datasetID: Int64
}
