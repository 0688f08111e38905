import DB
import Execution
import Failures
import Foundation
import HTTPTypes
import Logging
import NativeChild
import Storage
import Synchronization
import Tasks

/// Makes datasets of complete uploads.
///
/// First the file is checked, then an id is set aside, then the files are stored, then all rows are written in one
/// transaction. Whatever ends that in between leaves the upload as it was, no rows, and at most files under the id that was
/// set aside, which ``removeLeftovers()`` finds by `v2_uploads`.
final class Intake: Sendable {
    let uploads: Uploads
    let storage: any Storage
    let native: NativeRunner
    let desk: UploadDesk
    /// Stays across restarts.
    let server: String
    let logger: Logger
    private let atWork = Mutex<Set<Int64>>([])

    init(
        uploads: Uploads, storage: any Storage, native: NativeRunner, desk: UploadDesk, server: String, logger: Logger
    ) {
        (self.uploads, self.storage, self.native) = (uploads, storage, native)
        (self.desk, self.server, self.logger) = (desk, server, logger)
    }

    /// The dataset that the upload became, JSON as today's API answers.
    /// - Throws: `Problem` 400 where the file is refused: then the upload is gone. Else it stays, and may be tried again.
    func finish(
        _ session: UploadSession, _ fields: ChunkFields, _ key: UploadKey, of requester: Requester
    ) async throws -> String {
        do {
            let dataset = try await made(session, fields, key, of: requester)
            await desk.forget(session)
            return dataset
        } catch {
            logger.info(
                "upload not taken", metadata: ["upload_id": "\(session.uploadID)", "error": "\(Failure(error))"])
            throw error is Problem ? error : Problem.notStored(Failure(error))
        }
    }

    private func made(
        _ session: UploadSession, _ fields: ChunkFields, _ key: UploadKey, of requester: Requester
    ) async throws -> String {
        if let id = session.datasetID, let made = try await uploads.dataset(id, of: requester) { return made }
        try await desk.blocking.run { try session.close() }
        do {
            let files = try await prepared(session, fields)
            return try await store(files, of: session, fields, key, requester)
        } catch let refusal as RefusedFile {
            // Nothing but another file helps.
            await desk.forget(session)
            throw Problem(refusal, of: session.uploadID, named: fields.dataset.fileName)
        }
    }

    /// Checks the file, and unpacks it where it is an archive.
    /// - Throws: `RefusedFile`.
    private func prepared(_ session: UploadSession, _ fields: ChunkFields) async throws -> any UploadedFiles {
        do {
            switch fields.kind {
            case .geotiff:
                _ = try await native.run(CheckUploadedRaster(path: session.dataPath))
                return UploadedRaster(path: session.dataPath)
            case .photos:
                let photos = UploadedPhotos(archive: session.dataPath, folder: desk.folder.fresh("photos"))
                let unpack = UnpackUploadedPhotos(
                    archive: photos.archive, folder: photos.folder, diskReserve: desk.limits.reserve)
                photos.set(try await native.run(unpack).output.record)
                return photos
            }
        } catch let failure as Failure where failure.retry == .never {
            throw RefusedFile(failure: failure)
        }
    }

    private func store(
        _ files: any UploadedFiles, of session: UploadSession, _ fields: ChunkFields, _ key: UploadKey,
        _ requester: Requester
    ) async throws -> String {
        let id = try await reserveID(for: fields.dataset, of: requester)
        // Before anybody can read of it, the sweep knows whose it is.
        _ = atWork.withLock { $0.insert(id) }
        defer { _ = atWork.withLock { $0.remove(id) } }
        do {
            try await uploads.begin(id, key, fileName: fields.dataset.fileName, of: requester, server: server)
            try await desk.blocking.run { try session.becomes(id) }
            try await files.store(in: storage, folder: desk.folder, as: id)
            return try await uploads.finish(id, fields.dataset, images: files.images(of: id), of: requester)
        } catch {
            await takeBack(id)
            throw error
        }
    }

    private func reserveID(for dataset: NewDataset, of requester: Requester) async throws -> Int64 {
        do {
            return try await uploads.reserveID(for: dataset, of: requester)
        } catch let error as DatabaseError where error.isRefusal {
            throw Problem(.badRequest, "dataset_refused", "Error creating dataset entry: \(error.reason)")
        }
    }

    /// Removes the files of an upload that did not become a dataset after all.
    private func takeBack(_ id: Int64) async {
        do {
            try await uploads.giveUp(id) {
                try await self.storage.discard(.ortho(of: id))
                try await self.storage.discard(.rawImages(of: id))
            }
        } catch {
            logger.warning(
                "files of an upload that failed are left, and removed later",
                metadata: ["dataset_id": "\(id)", "error": "\(error)"])
        }
    }

    /// Removes the files of uploads that an earlier life of this server, or another server long ago, did not finish.
    func removeLeftovers(olderThan age: Duration) async throws {
        // Others may be storing still.
        for leftover in try await uploads.leftovers(of: server, olderThan: max(age, .seconds(86_400)))
        where !atWork.withLock({ $0.contains(leftover.datasetID) }) {
            logger.info("upload that was not finished is taken back", metadata: ["dataset_id": "\(leftover.datasetID)"])
            await takeBack(leftover.datasetID)
        }
    }
}

/// A file that is no GeoTIFF, or no set of photos that can be used.
struct RefusedFile: Error {
    let failure: Failure
}

extension Problem {
    /// Children know the file by its name here; its uploader knows it by another one. Clients of today's API show the
    /// words as they are.
    init(_ refused: RefusedFile, of uploadID: String, named fileName: String) {
        let sentence = refused.failure.sentence
        let words = sentence.prefix(1).uppercased() + sentence.dropFirst()
        self.init(
            .badRequest, refused.failure.code,
            words.replacing("; please", with: ". Please").replacing("\(uploadID).tmp", with: fileName))
    }

    /// The file is well, and something of ours is not.
    static func notStored(_ failure: Failure) -> Problem {
        let problem = Problem(failure)
        guard problem.status.code == 400 else { return problem }
        return Problem(.serviceUnavailable, failure.code, failure.sentence).retry(after: 60)
    }
}
