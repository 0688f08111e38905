import DB
import Execution
import Failures
import Foundation
import HTTPTypes
import Hummingbird
import NIOCore
import Settings

/// `POST /datasets/chunk` and `GET /datasets/chunk/{upload_id}`.
struct ChunkRoutes: Sendable {
    let desk: UploadDesk
    let intake: Intake
    let tokens: TokenVerifier
    let counters: Counters

    func receive(_ request: Request, _ context: BasicRequestContext) async throws -> Response {
        let requester = try await tokens.requester(asking: request)
        let admission = try admit(request, requester)
        defer { withExtendedLifetime(admission) {} }
        let chunk = try await chunk(request, of: requester)
        guard chunk.session.map.bytes <= desk.limits.file else {
            await desk.forget(chunk.session)
            throw Problem.fileTooLarge(desk.limits.file)
        }
        guard chunk.fields.isLast else {
            let message = "Chunk \(chunk.fields.index) of \(chunk.fields.total) received"
            return try JSONBody.response(["message": message])
        }
        return JSONBody.response(text: try await complete(chunk, requester))
    }

    private func chunk(_ request: Request, of requester: Requester) async throws -> ChunkReceiver.Received {
        guard let boundary = request.headers[.contentType].flatMap(Self.boundary) else {
            // The fields that are missing, as for a form without any.
            _ = try ChunkFields([:], fileName: nil)
            throw Problem.brokenForm("it has no Content-Type with a boundary")
        }
        var receiver = try ChunkReceiver(boundary, desk: desk, owner: requester.userID)
        do {
            for try await buffer in request.body {
                counters.received(bytes: buffer.readableBytes)
                try await receiver.feed(buffer)
            }
            return try await receiver.finish()
        } catch {
            receiver.abandon()
            throw error
        }
    }

    /// The last chunk has come, perhaps again.
    private func complete(_ chunk: ChunkReceiver.Received, _ requester: Requester) async throws -> String {
        let (session, fields, map) = (chunk.session, chunk.fields, chunk.session.map)
        let fingerprint = [fields.dataset.fileName, "\(fields.total)", chunk.digest ?? ""].joined(separator: "/")
        if map.places.keys.allSatisfy({ $0 == fields.index }), session.datasetID == nil, !session.isEnding {
            // What is repeated because its answer was lost, gets the answer that was lost.
            let made = try await intake.uploads.dataset(
                of: fields.uploadID, fingerprint: fingerprint, by: requester)
            if let made {
                await desk.forget(session)
                return made
            }
        }
        guard map.missing.isEmpty else { throw Problem.missingChunks(map.missing) }
        let key = UploadKey(
            uploadID: fields.uploadID, bytes: map.bytes, chunks: fields.total, fingerprint: fingerprint)
        return try await session.end(fingerprint) { [intake] in
            try await intake.finish(session, fields, key, of: requester)
        }
    }

    /// Room for the request: by its length, else for the most that it may have.
    private func admit(_ request: Request, _ requester: Requester) throws -> Admission {
        let length = request.headers[.contentLength].flatMap { Int64($0) } ?? desk.limits.chunk
        guard length <= desk.limits.request else { throw Problem.chunkTooLarge(desk.limits.chunk) }
        return try desk.admit(length, of: requester.userID)
    }

    /// Of `multipart/form-data; boundary=…`; nil for anything else.
    private static func boundary(_ contentType: String) -> String? {
        guard let media = MediaType(from: contentType), media.isType(.multipartForm) else { return nil }
        return media.parameter.flatMap { $0.name == "boundary" ? $0.value : nil }
    }

    /// What has arrived, so that a client can go on.
    func state(_ request: Request, _ context: BasicRequestContext) async throws -> Response {
        let requester = try await tokens.requester(asking: request)
        let uploadID = context.parameters.get("upload_id")?.removingPercentEncoding ?? ""
        if UploadID.isSafe(uploadID) {
            if let session = desk.session(uploadID, of: requester.userID) {
                return try JSONBody.response(UploadState(session))
            }
            if let upload = try await intake.uploads.finished(uploadID, by: requester) {
                return try JSONBody.response(UploadState(uploadID, upload))
            }
        }
        throw Problem(
            .notFound, "no_upload", "there is no upload \(uploadID.prefix(128)) of yours; it may have been given up")
    }
}

/// How far an upload is.
private struct UploadState: Encodable {
    let uploadID: String
    var uploadType: UploadKind?
    var fileName: String?
    var chunksTotal: Int?
    var received: [Int] = []
    var missing: [Int] = []
    var bytes: Int64?
    let state: String
    var datasetID: Int64?

    enum CodingKeys: String, CodingKey {
        case received, missing, bytes, state
        case uploadID = "upload_id"
        case uploadType = "upload_type"
        case fileName = "file_name"
        case chunksTotal = "chunks_total"
        case datasetID = "dataset_id"
    }

    init(_ session: UploadSession) {
        let (head, map) = (session.head, session.map)
        uploadID = session.uploadID
        uploadType = session.kind
        fileName = head.fileName
        chunksTotal = head.total
        received = map.received
        missing = map.missing
        bytes = map.bytes
        state = session.isEnding ? "storing" : "receiving"
    }

    init(_ uploadID: String, _ upload: FinishedUpload) {
        self.uploadID = uploadID
        // One that was named otherwise has been told apart by a field.
        uploadType = try? UploadKind(fileName: upload.fileName)  // see above
        fileName = upload.fileName
        chunksTotal = upload.chunks
        received = Array(0..<upload.chunks)
        bytes = upload.bytes
        state = "done"
        datasetID = upload.datasetID
    }
}

extension Problem {
    static func fileTooLarge(_ limit: Int64) -> Problem {
        Problem(
            .contentTooLarge, "upload_too_large",
            "the file is larger than \(ByteCount(bytes: limit)), which is the most that is taken; split the flight into several datasets"
        )
    }

    static func tooMuchOnTheWay(_ limit: Int64) -> Problem {
        Problem(
            .tooManyRequests, "too_much_on_the_way",
            "your unfinished uploads have \(ByteCount(bytes: limit)) together, which is the most that is taken; finish one first"
        ).retry(after: 60)
    }
}
