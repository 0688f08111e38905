import DB
import Failures
import Foundation
import Glibc
import HTTPTypes
import Synchronization

/// One upload that is under way: its bytes, its journal, and who writes to it.
///
/// A chunk that is neither there nor being written goes straight to its place. Any other one (sent again, sent twice at
/// once, or of a place that is not known yet) is written beside first and copied to its place when it is whole, so that a
/// request that breaks off can never spoil what has arrived. All calls block.
final class UploadSession: Sendable {
    typealias Place = UploadJournal.Place

    let uploadID: String
    let kind: UploadKind
    let folder: UploadFolder
    let state: Mutex<State>
    private let copying = Mutex<Void>(())

    struct State {
        var head: UploadJournal.Head
        var journal: UploadJournal
        var map: ChunkMap
        var data: OpenFile
        /// Who writes a chunk at its place.
        var writers: [Int: PlacedChunk] = [:]
        /// Chunks that are being copied to their places.
        var copies: [Int: Place] = [:]
        var lastUse = ContinuousClock.now
        /// The id that was last set aside for its dataset.
        var datasetID: Int64?
        /// Making a dataset of it, once all is there.
        var ending: Task<String, any Error>?
        /// What the last chunk that began it must be repeated with.
        var fingerprint: String?
        /// Another upload has taken its name, or it has become a dataset.
        var isOver = false

        /// Not once it is being stored, or may be: its file may be the dataset's by now.
        var takesBytes: Bool { !isOver && ending == nil && datasetID == nil }
    }

    private init(_ uploadID: String, _ kind: UploadKind, _ folder: UploadFolder, _ state: sending State) {
        (self.uploadID, self.kind, self.folder) = (uploadID, kind, folder)
        self.state = Mutex(state)
    }

    /// Begins anew, in the place of whatever is there under this name.
    convenience init(_ fields: ChunkFields, owner: String, in folder: UploadFolder) throws {
        let head = UploadJournal.Head(
            owner: owner, fileName: fields.dataset.fileName, total: fields.total, boot: UploadJournal.thisBoot)
        let data = try OpenFile(folder.data(fields.uploadID, fields.kind), O_RDWR | O_CREAT | O_TRUNC)
        let journal = try UploadJournal(head, at: folder.journal(fields.uploadID, fields.kind))
        let state = State(head: head, journal: journal, map: ChunkMap(total: fields.total), data: data)
        self.init(fields.uploadID, fields.kind, folder, state)
    }

    /// Goes on with what an earlier life of the server has left; nil where that is of no use.
    convenience init?(_ uploadID: String, _ kind: UploadKind, in folder: UploadFolder) throws {
        guard let left = UploadJournal.read(folder.journal(uploadID, kind)) else { return nil }
        let data = try OpenFile(folder.data(uploadID, kind), O_RDWR | O_CREAT)
        let map = ChunkMap(total: left.head.total, places: left.places)
        // Somebody has removed or shortened it.
        guard try data.size >= map.end else { return nil }
        let state = State(
            head: left.head, journal: left.journal, map: map, data: data, datasetID: left.datasetID)
        self.init(uploadID, kind, folder, state)
    }

    var head: UploadJournal.Head { state.withLock { $0.head } }
    var map: ChunkMap { state.withLock { $0.map } }
    var isOver: Bool { state.withLock { $0.isOver } }
    var isEnding: Bool { state.withLock { $0.ending != nil } }
    var idle: Duration { state.withLock { $0.writers.isEmpty && $0.ending == nil ? .now - $0.lastUse : .zero } }
    var dataPath: String { folder.data(uploadID, kind) }

    /// What a chunk's bytes are to be written to.
    func begin(_ index: Int) throws -> any ChunkSink {
        let placed = state.withLock { state -> PlacedChunk? in
            state.lastUse = .now
            guard state.takesBytes, state.map.places[index] == nil, state.writers[index] == nil,
                state.copies[index] == nil, let offset = state.map.offset(of: index),
                let room = Self.room(state, from: offset)
            else { return nil }
            let sink = PlacedChunk(session: self, index: index, file: state.data, offset: offset, room: room)
            state.writers[index] = sink
            return sink
        }
        return try placed ?? AsideChunk(folder)
    }

    /// The chunk is at its place and whole.
    /// - Throws: `Problem` 409 where another chunk needed the place meanwhile.
    func place(_ sink: PlacedChunk, length: Int64) throws {
        let isOvertaken = try state.withLock { state in
            guard state.writers[sink.index] === sink else { return true }
            state.writers[sink.index] = nil
            try Self.put(&state, sink.index, Place(offset: sink.offset, length: length))
            return false
        }
        guard isOvertaken else { return }
        // By a copy that is whole, and soon there; or it was in the way of another chunk.
        copying.withLock { _ in }
        guard map.places[sink.index] != nil else { throw Problem.displacedChunk(sink.index) }
    }

    func abandon(_ sink: PlacedChunk) {
        state.withLock { if $0.writers[sink.index] === sink { $0.writers[sink.index] = nil } }
    }

    /// Copies a whole chunk to its place. Does nothing while that cannot be known, as of a last chunk without others, and
    /// where the same bytes are there already.
    func place(_ sink: AsideChunk, _ index: Int) throws {
        let (file, length) = sink.whole
        // One at a time, and not under the state's lock, which everybody needs.
        try copying.withLock { _ in
            guard try !isThere(index, length, sink), let place = try claim(index, length) else { return }
            defer { state.withLock { if $0.copies[index] == place { $0.copies[index] = nil } } }
            try file.copy(length, to: state.withLock { $0.data }, at: place.offset)
            try state.withLock { state in
                // Another upload may have taken the name meanwhile, or another chunk the place.
                guard !state.isOver, state.copies[index] == place else { throw Problem.displacedChunk(index) }
                try Self.put(&state, index, place)
            }
        }
    }

    private func isThere(_ index: Int, _ length: Int64, _ sink: AsideChunk) throws -> Bool {
        let (data, place, offset) = state.withLock {
            ($0.data, $0.map.places[index], $0.map.offset(of: index, length: length))
        }
        guard let place, place.length == length, place.offset == offset else { return false }
        return try data.digest(of: place) == sink.digest()
    }

    /// Makes a place for a copy, and takes it from whoever writes there.
    private func claim(_ index: Int, _ length: Int64) throws -> Place? {
        try state.withLock { state in
            guard state.takesBytes else {
                // The last one again: it waits for the dataset, like the first.
                if index == state.head.total - 1 { return nil }
                throw Problem.uploadIsEnding(uploadID)
            }
            if index == 0, let before = state.map.places[0], before.length != length { try Self.restart(&state) }
            guard let offset = state.map.offset(of: index, length: length) else { return nil }
            let place = Place(offset: offset, length: length)
            try Self.makeRoom(&state, index, place)
            state.writers.removeValue(forKey: index)?.stop()
            if state.map.places[index] != nil { try state.journal.lost(index) }
            state.map.lose(index)
            state.copies[index] = place
            return place
        }
    }

    /// Chunks that turn out to lie where another one goes have been misplaced, and have to be sent again.
    func makeRoom(for sink: PlacedChunk, upTo end: Int64) throws {
        try state.withLock { state in
            guard state.writers[sink.index] === sink else { return sink.stop() }
            try Self.makeRoom(&state, sink.index, Place(offset: sink.offset, length: end - sink.offset))
            sink.grow(upTo: end)
        }
    }
}
