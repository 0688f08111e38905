/// What a client says about the dataset that it uploads. Values are those of the platform's enums.
public struct NewDataset: Sendable, Equatable {
    public var fileName: String
    public var license: String
    public var platform: String
    public var authors: [String]
    public var projectID: String?
    public var year: Int?
    public var month: Int?
    public var day: Int?
    public var additionalInformation: String?
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
    /// In how many pieces it came.
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
    /// In how many pieces it came.
    public let chunks: Int
}

/// An upload whose server ended while it was being stored.
public struct LeftoverUpload: Sendable, Equatable {
    public let id: Int64
    /// The id that was set aside for its dataset, which does not exist.
    public let datasetID: Int64
}

/// Makes datasets of uploads.
public struct Uploads: Sendable {
    let database: Database

    public init(_ database: Database) { self.database = database }

    /// Sets a dataset id aside, and finds out whether `requester` may make this dataset: it is inserted and taken back.
    /// - Parameter server: who stores it, by a name that stays across restarts.
    /// - Throws: `DatabaseError` with what the platform's constraints and policies say against it.
    public func begin(
        _ dataset: NewDataset, _ key: UploadKey, of requester: Requester, server: String
    ) async throws -> Int64 {
        let id = try await rehearse(dataset, of: requester)
        try await database.transaction { transaction in
            try transaction.becomeService()
            try transaction.run(
                Self.insertUpload,
                [
                    .text(requester.userID), .text(key.uploadID), .int(id), .text(server), .text(dataset.fileName),
                    .int(key.bytes), .int(key.chunks), .text(key.fingerprint),
                ])
        }
        return id
    }

    /// The dataset, its status and its raw images in one transaction, once their files are stored.
    /// - Parameter images: of a set of photos: what was found out, and where it lies in storage.
    /// - Returns: the dataset as JSON.
    public func finish(
        _ datasetID: Int64, _ dataset: NewDataset, images: (record: RawImagesRecord, path: String)? = nil,
        of requester: Requester
    ) async throws -> String {
        try await database.transaction { transaction in
            try transaction.become(requester)
            let inserted = try transaction.insert(dataset, as: datasetID, acquired: images?.record.acquired, requester)
            if let images { try transaction.insert(images.record, at: images.path, of: datasetID) }
            try transaction.run(Self.insertStatus, [.int(datasetID)])
            try transaction.becomeService()
            try transaction.run(Self.finishUpload, [.int(datasetID)])
            return try inserted.get("dataset")
        }
    }

    /// The dataset, as JSON, that the user's newest upload of that name and fingerprint became; nil where there is none.
    public func dataset(
        of uploadID: String, fingerprint: String, by requester: Requester
    ) async throws -> String? {
        try await database.transaction { transaction in
            try transaction.becomeService()
            return try transaction.run(
                Self.findDataset,
                [.text(requester.userID), .text(uploadID), .text(fingerprint)]
            ).first?.get("dataset")
        }
    }

    /// The dataset of that id, as JSON, where an upload of the user has become it.
    public func dataset(_ id: Int64, of requester: Requester) async throws -> String? {
        try await database.transaction { transaction in
            try transaction.becomeService()
            return try transaction.run(Self.findByID, [.text(requester.userID), .int(id)]).first?.get("dataset")
        }
    }

    /// The user's newest upload of this name that has become a dataset.
    public func finished(_ uploadID: String, by requester: Requester) async throws -> FinishedUpload? {
        try await database.transaction { transaction in
            try transaction.becomeService()
            return try transaction.run(Self.findFinished, [.text(requester.userID), .text(uploadID)]).first.map {
                FinishedUpload(
                    datasetID: try $0.get("dataset_id"), fileName: try $0.get("file_name"), bytes: try $0.get("bytes"),
                    chunks: try $0.get("chunks"))
            }
        }
    }

    /// Uploads that were never finished: those of `server`, which has just started, and others' that are older than `age`.
    public func leftovers(of server: String, olderThan age: Duration) async throws -> [LeftoverUpload] {
        try await database.transaction { transaction in
            try transaction.becomeService()
            return try transaction.run(Self.findLeftovers, [.text(server), .interval(age)]).map {
                LeftoverUpload(id: try $0.get("id"), datasetID: try $0.get("dataset_id"))
            }
        }
    }

    /// Gives an upload up: calls `removeFiles`, then forgets it. Does neither where it has become a dataset after all.
    public func forgetUnlessFinished(_ datasetID: Int64, removeFiles: @Sendable () async throws -> Void) async throws {
        let isLeft = try await database.transaction { transaction in
            try transaction.becomeService()
            return try !transaction.run(Self.findUnfinished, [.int(datasetID)]).isEmpty
        }
        guard isLeft else { return }
        try await removeFiles()
        try await database.transaction { transaction in
            try transaction.becomeService()
            try transaction.run(Self.forgetUpload, [.int(datasetID)])
        }
    }

    private struct Rehearsed: Error { let id: Int64 }

    /// Inserts as the user would, and rolls back. The id stays used up, and so nobody else gets it.
    private func rehearse(_ dataset: NewDataset, of requester: Requester) async throws -> Int64 {
        do {
            return try await database.transaction { transaction -> Int64 in
                try transaction.become(requester)
                let row = try transaction.insert(dataset, as: nil, acquired: nil, requester)
                let id: Int64 = try row.get("id")
                try transaction.run(Self.insertStatus, [.int(id)])
                throw Rehearsed(id: id)
            }
        } catch let rehearsed as Rehearsed {
            return rehearsed.id
        }
    }
}
