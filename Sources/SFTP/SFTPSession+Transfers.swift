import Failures
import Foundation
import Glibc

/// Transfers with many requests under way at a time.
extension SFTPSession {
    /// Writes the supply's pieces from a local file into one of the server.
    /// - Parameters:
    ///   - comparing: reads each piece again when it is written, and compares it; what was written and what comes back
    ///     are under way together.
    ///   - mayGoOn: asked before each piece; false ends this session's part when what it has begun is done.
    /// - Throws: `SFTPStatus`, `Failure`, `CancellationError`; what was not finished is the supply's again, and the
    ///   session cannot be used any more.
    public func upload(
        _ supply: PieceSupply, from local: Int32, to file: RemoteFile, comparing: Bool,
        mayGoOn: @Sendable () -> Bool = { true }
    ) throws {
        let transfer = Upload(session: self, supply: supply, local: local, file: file, isComparing: comparing)
        try run(transfer, supply, mayGoOn)
    }

    /// Reads the supply's pieces from a file of the server into a local one.
    /// - Throws: as ``upload(_:from:to:comparing:mayGoOn:)``; `SFTPStatus` `endOfFile` where the file is shorter.
    public func download(
        _ supply: PieceSupply, from file: RemoteFile, to local: Int32, mayGoOn: @Sendable () -> Bool = { true }
    ) throws {
        try run(Download(session: self, supply: supply, local: local, file: file), supply, mayGoOn)
    }

    private func run(_ transfer: some Transfer, _ supply: PieceSupply, _ mayGoOn: () -> Bool) throws {
        var underWay: [UInt32: Piece] = [:]
        var bytes = 0
        defer { underWay.values.forEach(supply.giveBack) }
        try exchange {
            while true {
                while bytes < inFlight, mayGoOn(), let piece = supply.take(atMost: largestPiece) {
                    let id = nextID()
                    underWay[id] = piece
                    bytes += piece.count
                    try transfer.begin(piece, id)
                }
                guard !underWay.isEmpty else { return }
                var reply = try receive()
                guard let piece = underWay[reply.id] else {
                    throw Failure.unreachable("an answer to what was not asked")
                }
                // What has another step to go stays under way, by a new id.
                if let id = try transfer.proceed(piece, &reply) { underWay[id] = piece } else { bytes -= piece.count }
                underWay[reply.id] = nil
            }
        }
    }
}

/// What is done with each piece.
private protocol Transfer {
    func begin(_ piece: Piece, _ id: UInt32) throws
    /// - Returns: the id of a further request about the piece; nil when it is finished.
    func proceed(_ piece: Piece, _ reply: inout Reply) throws -> UInt32?
}

extension Transfer {
    fileprivate func askToRead(_ piece: Piece, _ id: UInt32, _ file: RemoteFile, _ session: SFTPSession) throws {
        var request = PacketWriter(.read, id: id)
        request.add(file.handle)
        request.add(UInt64(piece.offset))
        request.add(UInt32(piece.count))
        try session.send(request.finished())
    }
}

private final class Upload: Transfer {
    private let session: SFTPSession
    private let supply: PieceSupply
    private let local: Int32
    private let file: RemoteFile
    private let isComparing: Bool
    private let buffer: UnsafeMutableRawBufferPointer

    init(session: SFTPSession, supply: PieceSupply, local: Int32, file: RemoteFile, isComparing: Bool) {
        self.session = session
        self.supply = supply
        self.local = local
        self.file = file
        self.isComparing = isComparing
        buffer = .allocate(byteCount: session.largestPiece, alignment: 4096)
    }

    deinit { buffer.deallocate() }

    func begin(_ piece: Piece, _ id: UInt32) throws {
        let data = try localBytes(piece)
        var request = PacketWriter(.write, id: id)
        request.add(file.handle)
        request.add(UInt64(piece.offset))
        request.add(UInt32(piece.count))
        try session.send(request.finished(following: piece.count))
        try session.send(data)
    }

    func proceed(_ piece: Piece, _ reply: inout Reply) throws -> UInt32? {
        if reply.type == .data {
            try compare(piece, try reply.content.data())
            return nil
        }
        try reply.mustBeGood("write")
        guard isComparing else {
            supply.finish(piece, count: piece.count)
            return nil
        }
        let id = session.nextID()
        try askToRead(piece, id, file, session)
        return id
    }

    private func compare(_ piece: Piece, _ data: UnsafeRawBufferPointer) throws {
        guard data.count > 0, data.count <= piece.count else {
            throw Failure.unreachable("the server sent \(data.count) bytes of \(piece.count)")
        }
        let mine = try localBytes(Piece(offset: piece.offset, count: data.count))
        guard let theirs = data.baseAddress, let ours = mine.baseAddress, memcmp(theirs, ours, data.count) == 0
        else { throw TransferError.cameBackDifferent }
        supply.finish(piece, count: data.count)
    }

    /// The local file may be changed or cut short by somebody at any time: so it is read, and not mapped.
    private func localBytes(_ piece: Piece) throws -> UnsafeRawBufferPointer {
        var done = 0
        while done < piece.count {
            let count = pread(
                local, buffer.baseAddress.map { $0 + done }, piece.count - done, off_t(piece.offset) + done)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw count < 0 ? TransferError.local(errno) : .sourceChanged }
            done += count
        }
        return UnsafeRawBufferPointer(rebasing: buffer[..<piece.count])
    }
}

private struct Download: Transfer {
    let session: SFTPSession
    let supply: PieceSupply
    let local: Int32
    let file: RemoteFile

    func begin(_ piece: Piece, _ id: UInt32) throws { try askToRead(piece, id, file, session) }

    func proceed(_ piece: Piece, _ reply: inout Reply) throws -> UInt32? {
        try reply.mustBeGood("read")
        guard reply.type == .data else { throw Failure.unreachable("the server answered a read with \(reply.type)") }
        let data = try reply.content.data()
        guard data.count > 0, data.count <= piece.count else {
            throw Failure.unreachable("the server sent \(data.count) bytes of \(piece.count)")
        }
        var done = 0
        while done < data.count {
            let count = pwrite(local, data.baseAddress.map { $0 + done }, data.count - done, off_t(piece.offset) + done)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw TransferError.local(errno) }
            done += count
        }
        supply.finish(piece, count: data.count)
        return nil
    }
}

/// What ends a transfer besides the server and the connection.
public enum TransferError: Error, Equatable {
    /// An errno of this host's file.
    case local(Int32)
    /// The source got shorter while it was sent.
    case sourceChanged
    /// What the server has is not what was sent.
    case cameBackDifferent
}
