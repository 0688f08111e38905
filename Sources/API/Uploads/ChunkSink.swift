import Failures
import Foundation
import Glibc
import NIOCore
import Synchronization

/// What the bytes of one chunk are written to, one after the other. Calls block.
protocol ChunkSink: Sendable {
    func write(_ buffers: [ByteBuffer]) throws
    /// SHA-256 of what has been written, in lower-case hexadecimal digits.
    func digest() throws -> String
    /// The request has broken off.
    func abandon()
}

/// A chunk that is written at its place in the upload.
final class PlacedChunk: ChunkSink {
    let index: Int
    let offset: Int64
    let session: UploadSession
    private let file: OpenFile
    private let state: Mutex<State>

    private struct State {
        var written: Int64 = 0
        /// Bytes that belong to nobody else.
        var room: Int64
        var isStopped = false
    }

    init(session: UploadSession, index: Int, file: OpenFile, offset: Int64, room: Int64) {
        (self.session, self.index, self.file, self.offset) = (session, index, file, offset)
        state = Mutex(State(room: room))
    }

    func write(_ buffers: [ByteBuffer]) throws {
        for buffer in buffers {
            // The session's lock comes before ours, so the room is asked for without it.
            while let end = try writeWhereFits(buffer) { try session.makeRoom(for: self, upTo: offset + end) }
        }
    }

    /// Nil when it is written; else where it would end, counted from the chunk's beginning.
    private func writeWhereFits(_ buffer: ByteBuffer) throws -> Int64? {
        try state.withLock { state in
            let end = state.written + Int64(buffer.readableBytes)
            if !state.isStopped {
                if end > state.room { return end }
                try file.write(buffer, at: offset + state.written)
            }
            // What comes to one that is stopped is read and thrown away.
            state.written = end
            return nil
        }
    }

    /// Nothing is written from here on: returns when the write that is under way has ended.
    func stop() { state.withLock { $0.isStopped = true } }

    /// The first byte that is not its own to write.
    var limit: Int64 { state.withLock { $0.room == .max ? .max : offset + $0.room } }

    func grow(upTo limit: Int64) { state.withLock { $0.room = max($0.room, limit - offset) } }

    /// Leaves the bytes from `limit` on to others. False where it has written there already.
    func shrink(to limit: Int64) -> Bool {
        state.withLock { state in
            guard offset + state.written <= limit else { return false }
            state.room = min(state.room, limit - offset)
            return true
        }
    }

    func digest() throws -> String {
        try file.digest(of: .init(offset: offset, length: state.withLock { $0.written }))
    }

    func finish() throws { try session.place(self, length: state.withLock { $0.written }) }

    func abandon() { session.abandon(self) }
}

/// A chunk that is written beside the upload, in a file of its own that goes with this object.
final class AsideChunk: ChunkSink {
    private let path: String
    private let file: OpenFile
    private let written = Mutex<Int64>(0)

    init(_ folder: UploadFolder) throws {
        path = folder.fresh("chunk")
        file = try OpenFile(path, O_RDWR | O_CREAT | O_EXCL)
    }

    deinit { unlink(path) }

    func write(_ buffers: [ByteBuffer]) throws {
        try written.withLock { written in
            for buffer in buffers {
                try file.write(buffer, at: written)
                written += Int64(buffer.readableBytes)
            }
        }
    }

    var whole: (file: OpenFile, length: Int64) { (file, written.withLock { $0 }) }

    func digest() throws -> String { try file.digest(of: .init(offset: 0, length: whole.length)) }

    func abandon() {}
}
