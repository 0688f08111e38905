import Failures

/// Makes datasets of uploads.
public struct Uploads: Sendable {
    let database: Database

    public init(_ database: Database) { self.database = database }

    /// Sets a dataset id aside, and finds out whether `requester` may make this dataset: it is inserted and taken back.
    /// - Throws: `DatabaseError` with what the platform's constraints and policies say against it.
    public func reserveID(for dataset: NewDataset, of requester: Requester) async throws -> Int64 {
        do {
            return try await database.transaction { transaction -> Int64 in
                try transaction.become(requester)
                let row = try transaction.insert(dataset, as: nil, acquired: nil, requester)
                let id: Int64 = try row.get("id")
                try transaction.run(Self.insertStatus, [.int(id)])
                // Rolled back; the id stays used up, and so nobody else gets it.
                throw Rehearsed(id: id)
            }
        } catch let rehearsed as Rehearsed {
            return rehearsed.id
        }
    }

    /// Says that files are about to be stored under the id.
    /// - Parameter server: who stores them, by a name that stays across restarts.
    public func begin(
        _ datasetID: Int64, _ key: UploadKey, fileName: String, of requester: Requester, server: String
    ) async throws {
        try await database.transaction { transaction in
            try transaction.becomeService()
            try transaction.run(
                Self.insertUpload,
                [
                    .text(requester.userID), .text(key.uploadID), .int(datasetID), .text(server), .text(fileName),
                    .int(key.bytes), .int(key.chunks), .text(key.fingerprint),
                ])
        }
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
            // Whoever gave it up has removed its files.
            guard try !transaction.run(Self.finishUpload, [.int(datasetID)]).isEmpty else {
                throw Failure.uploadGivenUp(datasetID)
            }
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

    /// Uploads that were never finished: those of `server` and others' that are older than `age`.
    public func leftovers(of server: String, olderThan age: Duration) async throws -> [LeftoverUpload] {
        try await database.transaction { transaction in
            try transaction.becomeService()
            return try transaction.run(Self.findLeftovers, [.text(server), .interval(age)]).map {
                LeftoverUpload(datasetID: try $0.get("dataset_id"))
            }
        }
    }

    /// Gives an upload up: calls `removeFiles`, then forgets it. Does neither where it has become a dataset after all.
    public func giveUp(_ datasetID: Int64, removeFiles: @Sendable () async throws -> Void) async throws {
        // Waits for a commit that is under way, and then finds the upload finished.
        guard try await change(Self.giveUpUpload, datasetID) else { return }
        try await removeFiles()
        _ = try await change(Self.forgetUpload, datasetID)
    }

    private func change(_ statement: Statement, _ datasetID: Int64) async throws -> Bool {
        try await database.transaction { transaction in
            try transaction.becomeService()
            return try !transaction.run(statement, [.int(datasetID)]).isEmpty
        }
    }

    /// Whether the database's user may act for others, as all of this needs.
    /// - Throws: `Failure` with code `api_roles` where it may not.
    public func checkRoles() async throws {
        try await database.transaction { transaction in
            try transaction.become(Requester(userID: "", claims: ""))
            try transaction.becomeService()
        }
    }

    private struct Rehearsed: Error { let id: Int64 }
}

extension Failure {
    static func uploadGivenUp(_ datasetID: Int64) -> Failure {
        Failure(
            "upload_given_up", "the upload took so long to store that it was given up; send its last chunk again",
            detail: "dataset \(datasetID)", retry: .later)
    }
    static func rolesMissing(_ error: DatabaseError) -> Failure {
        Failure(
            "api_roles", "the server's database user may not act for others; an operator has to grant it the roles",
            detail: "\(error); GRANT authenticated, service_role TO it", retry: .later)
    }
}
