import DB
import Execution
import Failures
import Foundation
import Glibc
import HTTPTypes
import Logging
import Synchronization

/// Where uploads are taken in: which are under way, and whose they are.
final class UploadDesk: Sendable {
    let folder: UploadFolder
    let limits: UploadLimits
    let blocking = BlockingWork(label: "deadtrees.uploads")
    private let logger: Logger
    private let sessions = Mutex<[String: UploadSession]>([:])
    /// Bytes of requests that are under way, by owner.
    private let arriving = Mutex<[String: Int64]>([:])
    private let lock: OpenFile

    /// Of one user at a time.
    private static let mostUploads = 100

    /// Takes up the uploads that an earlier life of the server has left.
    /// - Throws: `Failure` where another server uses the folder.
    init(_ folder: UploadFolder, _ limits: UploadLimits, logger: Logger) throws {
        (self.folder, self.limits, self.logger) = (folder, limits, logger)
        try folder.make()
        lock = try OpenFile("\(folder.incoming)/upload.lock", O_RDWR | O_CREAT)
        guard lock.tryLock() else { throw Failure.uploadFolderInUse(folder.root) }
        try folder.clearIncoming()
        for (uploadID, kind) in try folder.uploads() {
            let session: UploadSession?
            do { session = try UploadSession(uploadID, kind, in: folder) } catch {
                logger.error(
                    "an upload cannot be gone on with", metadata: ["upload_id": "\(uploadID)", "error": "\(error)"])
                continue
            }
            sessions.withLock { $0[uploadID] = session }
            // The data first: what has no journal would never be found again.
            if session == nil { Self.remove([folder.data(uploadID, kind), folder.journal(uploadID, kind)]) }
        }
    }

    /// The upload of that name, where it is `owner`'s.
    func session(_ uploadID: String, of owner: String) -> UploadSession? {
        sessions.withLock { $0[uploadID].flatMap { $0.head.owner == owner && !$0.isOver ? $0 : nil } }
    }

    /// Whether the chunk is of another upload than the one of that name: then it must be whole before that one goes.
    func wouldReplace(_ fields: ChunkFields, owner: String) throws -> Bool {
        guard let session = session(fields.uploadID, of: owner) else { return false }
        return session.head.total != fields.total || session.kind != fields.kind
    }

    /// The upload that a chunk belongs to, which is begun where there is none.
    /// - Throws: `Problem` 403 where the name is somebody else's, 409 where the chunk is of another upload of that name.
    func session(for fields: ChunkFields, owner: String) throws -> UploadSession {
        var gone: [String] = []
        defer { Self.remove(gone) }
        return try sessions.withLock { sessions in
            if let session = sessions[fields.uploadID], !session.isOver {
                let head = session.head
                guard head.owner == owner else { throw Problem.foreignUpload(fields.uploadID) }
                if head.total == fields.total && session.kind == fields.kind { return session }
                // The first chunk of something else under the same name: the client has begun again.
                guard fields.index == 0, !session.isEnding else { throw Problem.otherUpload(fields, head.total) }
                gone = session.detach()
            }
            // Each has a file open.
            guard sessions.values.count(where: { $0.head.owner == owner }) < Self.mostUploads else {
                throw Problem.tooManyUploads(Self.mostUploads)
            }
            let session = try UploadSession(fields, owner: owner, in: folder)
            sessions[fields.uploadID] = session
            return session
        }
    }

    func forget(_ session: UploadSession) async {
        let gone = sessions.withLock { sessions -> [String] in
            if sessions[session.uploadID] === session { sessions[session.uploadID] = nil }
            return session.detach()
        }
        try? await blocking.run { Self.remove(gone) }  // throws nothing but that it was canceled
    }

    private static func remove(_ files: [String]) {
        for file in files { unlink(file) }
    }

    /// Lets a request of so many bytes in, and counts them until it is over.
    /// - Throws: `Problem` 429 where its user has too much on the way, 507 where the disk has no room for it.
    func admit(_ bytes: Int64, of owner: String) throws -> Admission {
        let arrived = sessions.withLock { Array($0.values) }.filter { $0.head.owner == owner }.reduce(0) {
            $0 + $1.map.bytes
        }
        return try arriving.withLock { arriving in
            guard arrived + arriving[owner, default: 0] + bytes <= limits.user else {
                throw Problem.tooMuchOnTheWay(limits.user)
            }
            let all = arriving.values.reduce(0, +)
            if let room = folder.room(reserve: limits.reserve), all + bytes > room {
                throw Failure.uploadFile("take", ENOSPC)
            }
            arriving[owner, default: 0] += bytes
            return Admission { [weak self] in
                self?.arriving.withLock { $0[owner, default: 0] -= bytes }
            }
        }
    }

    /// How many uploads are under way, and of how many bytes.
    var extent: (uploads: Int, bytes: Int64) {
        let sessions = sessions.withLock { Array($0.values) }
        return (sessions.count, sessions.reduce(0) { $0 + $1.map.bytes })
    }

    /// Removes uploads that nobody goes on with.
    func sweep(olderThan age: Duration) async {
        for session in sessions.withLock({ Array($0.values) }) where session.idle > age {
            logger.info("upload given up by its client is removed", metadata: ["upload_id": "\(session.uploadID)"])
            await forget(session)
        }
    }
}

/// A request's bytes, as long as they are on the way.
final class Admission: Sendable {
    private let end: @Sendable () -> Void

    init(end: @escaping @Sendable () -> Void) { self.end = end }

    deinit { end() }
}

/// What one upload, and all of one user together, may be.
struct UploadLimits: Sendable {
    /// Bytes of one chunk, of one file, of all that a user has on the way.
    var chunk: Int64
    var file: Int64
    var user: Int64
    /// Bytes of the disk that stay free.
    var reserve: Int64

    /// Of a request: a form is little more than its file.
    var request: Int64 { chunk + (1 << 20) }
}

extension Problem {
    static func tooManyUploads(_ limit: Int) -> Problem {
        Problem(
            .tooManyRequests, "too_many_uploads",
            "you have \(limit) unfinished uploads, which is the most; finish one first"
        )
        .retry(after: 60)
    }

    static func foreignUpload(_ uploadID: String) -> Problem {
        Problem(
            .forbidden, "foreign_upload", "the upload id \(uploadID) is in use by somebody else; choose another one")
    }

    static func otherUpload(_ fields: ChunkFields, _ total: Int) -> Problem {
        Problem(
            .conflict, "other_upload",
            "the upload \(fields.uploadID) has \(total) chunks, not \(fields.total), or is of another type; begin with chunk 0, or choose another upload id"
        )
    }
}

extension Failure {
    static func uploadFolderInUse(_ path: String) -> Failure {
        Failure(
            "upload_folder_in_use",
            "another server takes in uploads in the same folder; one is enough, or give each its own storage or WORK_DIR",
            detail: path)
    }
}
