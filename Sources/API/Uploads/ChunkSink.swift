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
    private let session: UploadSession
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
        for buffer in buffers { try write(buffer) }
    }

    private func write(_ buffer: ByteBuffer) throws {
        let end = state.withLock { $0.written } + Int64(buffer.readableBytes)
        if end > state.withLock({ $0.room }) {
            // Not under our own lock: the session stops writers under its.
            let room = try session.makeRoom(for: self, upTo: offset + end)
            state.withLock { $0.room = room }
        }
        try state.withLock { state in
            // What comes after that is read and thrown away: the chunk is there already.
            if !state.isStopped { try file.write(buffer, at: offset + state.written) }
            state.written = end
        }
    }

    /// Nothing is written from here on: returns when the write that is under way has ended.
    func stop() { state.withLock { $0.isStopped = true } }

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
