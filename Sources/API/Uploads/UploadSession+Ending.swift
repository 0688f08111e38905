import Foundation
import Glibc
import HTTPTypes
import Synchronization

extension UploadSession {
    /// Makes a dataset of it, once: whoever asks again with the same fingerprint waits for the same one.
    /// - Throws: what `work` throws; `Problem` 409 for another fingerprint.
    func end(_ fingerprint: String, _ work: @escaping @Sendable () async throws -> String) async throws -> String {
        let task = try state.withLock { state -> Task<String, any Error> in
            if let task = state.ending {
                guard state.fingerprint == fingerprint else { throw Problem.uploadIsEnding(uploadID) }
                return task
            }
            // Since the caller looked, a chunk may have been sent again, or another upload begun.
            guard !state.isOver else { throw Problem.uploadIsEnding(uploadID) }
            guard state.map.missing.isEmpty else { throw Problem.missingChunks(state.map.missing) }
            let task = Task { try await work() }
            (state.ending, state.fingerprint) = (task, fingerprint)
            return task
        }
        do {
            return try await task.value
        } catch {
            state.withLock { if $0.ending == task { ($0.ending, $0.lastUse) = (nil, .now) } }
            throw error
        }
    }

    /// The id that was last set aside for its dataset: a server that was killed may have made it one without telling.
    var datasetID: Int64? { state.withLock { $0.datasetID } }

    func becomes(_ datasetID: Int64) throws {
        try state.withLock { state in
            try state.journal.becomes(datasetID)
            state.datasetID = datasetID
        }
    }

    /// Cuts off what longer chunks of an earlier try have left behind the last one, and brings all to the disk.
    func close() throws {
        let (data, end) = state.withLock { ($0.data, $0.map.end) }
        try data.truncate(to: end)
        try data.flush()
    }

    /// Takes its names from it, once, so that another upload can have them. To be called while no other has begun.
    /// - Returns: what is to be removed: a file of 200 GiB is not in no time.
    func detach() -> [String] {
        state.withLock { state in
            guard !state.isOver else { return [] }
            for sink in state.writers.values { sink.stop() }
            (state.writers, state.isOver) = ([:], true)
            // The data first: what has no journal would never be found again.
            return [folder.data(uploadID, kind), folder.journal(uploadID, kind)].compactMap { name in
                let other = folder.fresh("gone")
                if rename(name, other) == 0 { return other }
                unlink(name)
                return nil
            }
        }
    }
}

extension Problem {
    static func missingChunks(_ missing: [Int]) -> Problem {
        let listed = missing.prefix(20).map(String.init).joined(separator: ", ") + (missing.count > 20 ? ", …" : "")
        var problem = Problem(
            .conflict, "missing_chunks",
            "\(missing.count) chunks of the upload have not arrived (\(listed)); send them, then the last one again")
        problem.missing = missing
        return problem
    }

    static func displacedChunk(_ index: Int) -> Problem {
        var problem = Problem(
            .conflict, "chunk_displaced",
            "chunk \(index) was in the way of another one, for chunks are of different lengths; send it again")
        problem.missing = [index]
        return problem
    }

    static func uploadIsEnding(_ uploadID: String) -> Problem {
        Problem(
            .conflict, "upload_complete",
            "the upload \(uploadID) is complete and being stored; a chunk that comes now is not taken")
    }
}
