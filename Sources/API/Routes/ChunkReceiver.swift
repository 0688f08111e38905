import DB
import Execution
import Failures
import HTTPTypes
import NIOCore
import Settings

/// Takes in one chunk: the form's fields, and the file's bytes on their way to the disk.
///
/// Bytes are handed to a thread that may block in pieces of a MiB, as slices of what came from the network: nothing is
/// copied in between, and a chunk takes no more memory than two pieces.
struct ChunkReceiver {
    private let desk: UploadDesk
    private let owner: String
    private var parser: MultipartParser
    private var fields: [String: [String]] = [:]
    private var fieldBytes = 0
    private var fileName: String?
    private var part: Part?
    private var sink: (any ChunkSink)?
    /// What the fields said when the file began, where they came before it.
    private var early: ChunkFields?
    private var pending: [ByteBuffer] = []
    private var pendingBytes = 0
    private var fileBytes: Int64 = 0
    private var bodyBytes: Int64 = 0

    private enum Part {
        case field(name: String, value: ByteBuffer)
        case file
        /// A second file: nobody asked for it.
        case other
    }

    private static let pieceBytes = 1 << 20
    private static let mostFieldBytes = 256 << 10

    init(_ boundary: String, desk: UploadDesk, owner: String) throws(Problem) {
        self.desk = desk
        self.owner = owner
        parser = try MultipartParser(boundary: boundary)
    }

    mutating func feed(_ buffer: ByteBuffer) async throws {
        bodyBytes += Int64(buffer.readableBytes)
        guard bodyBytes <= desk.limits.request else { throw Problem.chunkTooLarge(desk.limits.chunk) }
        for event in try parser.feed(buffer) {
            switch event {
            case .part(let head): try await begin(head)
            case .bytes(let bytes): try take(bytes)
            case .partEnd: endPart()
            }
        }
        if pendingBytes >= Self.pieceBytes { try await flush() }
    }

    private mutating func begin(_ head: PartHead) async throws {
        if head.name == "file", fileName == nil {
            fileName = head.fileName ?? ""
            part = .file
            sink = try await openSink()
        } else {
            part = head.name == "file" ? .other : .field(name: head.name, value: ByteBuffer())
        }
    }

    /// Straight to its place where the fields came first and say enough; else beside it.
    private mutating func openSink() async throws -> any ChunkSink {
        do throws(Problem) {
            early = try ChunkFields(fields, fileName: fileName)
        } catch {
            // What is missing may come after the file, as today's web client sends it.
            return try await desk.blocking.run { [desk] in try AsideChunk(desk.folder) }
        }
        return try await desk.blocking.run { [desk, early, owner] in
            guard let early, try !desk.wouldReplace(early, owner: owner) else { return try AsideChunk(desk.folder) }
            return try desk.session(for: early, owner: owner).begin(early.index)
        }
    }

    private mutating func take(_ bytes: ByteBuffer) throws(Problem) {
        switch part {
        case .file:
            fileBytes += Int64(bytes.readableBytes)
            guard fileBytes <= desk.limits.chunk else { throw .chunkTooLarge(desk.limits.chunk) }
            pending.append(bytes)
            pendingBytes += bytes.readableBytes
        case .field(let name, var value):
            fieldBytes += bytes.readableBytes
            guard fieldBytes <= Self.mostFieldBytes else { throw .brokenForm("its fields are too long") }
            part = nil
            value.writeImmutableBuffer(bytes)
            part = .field(name: name, value: value)
        case .other, nil: return
        }
    }

    private mutating func endPart() {
        if case .field(let name, let value) = part { fields[name, default: []].append(String(buffer: value)) }
        part = nil
    }

    private mutating func flush() async throws {
        guard let sink, !pending.isEmpty else { return }
        let pieces = pending
        (pending, pendingBytes) = ([], 0)
        try await desk.blocking.run { try sink.write(pieces) }
    }

    /// The request has broken off, or is refused.
    func abandon() { sink?.abandon() }

    /// What has come of a chunk's request.
    struct Received: Sendable {
        let session: UploadSession
        let fields: ChunkFields
        /// SHA-256, where it was asked for: by the client, or because the last chunk may be a repeated one.
        let digest: String?
    }

    /// The body is over: the chunk goes to its place.
    mutating func finish() async throws -> Received {
        try parser.finish()
        let fields = try ChunkFields(fields, fileName: fileName)
        guard fileBytes > 0 else { throw Problem.emptyChunk }
        try await flush()
        guard let sink, early.map({ $0.isSameChunk(as: fields) }) ?? true else { throw Problem.contradiction }
        return try await desk.blocking.run { [desk, owner] in
            let digest = fields.sha256 != nil || fields.isLast ? try sink.digest() : nil
            // Before it takes its place: what was there stays.
            if let wanted = fields.sha256, wanted != digest { throw Problem.damagedChunk(fields.index) }
            if let placed = sink as? PlacedChunk {
                try placed.finish()
                return Received(session: placed.session, fields: fields, digest: digest)
            }
            let session = try desk.session(for: fields, owner: owner)
            if let aside = sink as? AsideChunk { try session.place(aside, fields.index) }
            return Received(session: session, fields: fields, digest: digest)
        }
    }
}

extension ChunkFields {
    func isSameChunk(as other: ChunkFields) -> Bool {
        (uploadID, index, total, kind) == (other.uploadID, other.index, other.total, other.kind)
    }
}

extension Problem {
    static func chunkTooLarge(_ limit: Int64) -> Problem {
        Problem(
            .contentTooLarge, "chunk_too_large",
            "the chunk is larger than \(ByteCount(bytes: limit)), which is the most that is taken at once; send smaller ones"
        )
    }

    static let emptyChunk = Problem(.badRequest, "empty_chunk", "the chunk has no bytes; send those of the file")

    static let contradiction = Problem(
        .badRequest, "contradicting_fields", "the fields after the file name another chunk than those before it")

    /// Not the client's fault, and nothing but this chunk is lost: to be sent again.
    static func damagedChunk(_ index: Int) -> Problem {
        var problem = Problem(
            .badRequest, "chunk_damaged",
            "chunk \(index) has not arrived as it was sent (its SHA-256 is another one); send it again")
        problem.missing = [index]
        return problem
    }
}
