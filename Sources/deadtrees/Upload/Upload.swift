import Execution
import Failures
import Foundation
import Web

/// One upload: what is missing goes to the server, the last chunk last and alone, whatever happens in between.
struct Upload: Sendable {
    /// What an upload has come to.
    private enum Stage {
        case stored(UploadedDataset)
        case missing([Int])
    }

    /// Checking and storing takes a server as long as its disks and its storage take.
    private static let storingLimit = Duration.seconds(2 * 3600)
    private static let rounds = 3

    let server: UploadServer
    let source: UploadSource
    let id: String
    let fields: [(name: String, value: String)]
    let parallel: Int
    let progress: UploadProgress

    private var retries: UploadRetries { UploadRetries(progress: progress) }

    func run() async throws -> UploadedDataset {
        switch try await stage() {
        case .stored(let dataset):
            progress.note("\(source.name) was uploaded before")
            return dataset
        case .missing(let chunks):
            if chunks.count < source.chunkCount {
                progress.note("going on: \(source.chunkCount - chunks.count) of \(source.chunkCount) chunks are there")
            }
            try await send(chunks.filter { $0 != source.lastChunk })
            return try await finish()
        }
    }

    func queue(_ dataset: UploadedDataset, _ order: ProcessingOrder) async throws -> QueuePlace {
        try await retries.run("queueing dataset \(dataset.id)") { try await server.queue(dataset.id, order) }
    }

    /// Asks the server how far the upload is, and waits while it stores it.
    private func stage() async throws -> Stage {
        let end = ContinuousClock.now + Self.storingLimit
        while ContinuousClock.now < end {
            let standing = try await retries.run("asking for the upload") { try await server.standing(id) }
            guard let standing else { return .missing(Array(0..<source.chunkCount)) }
            guard standing.chunksTotal == source.chunkCount else {
                throw Failure.uploadIsAnother(id, theirs: standing.chunksTotal, ours: source.chunkCount)
            }
            switch (standing.state, standing.datasetId) {
            case (.storing, _):
                progress.begin(missing: [])
                try await Task.sleep(for: .seconds(2))
            case (.done, let dataset?): return .stored(UploadedDataset(id: dataset))
            default:
                let missing = standing.missing.filter { (0..<source.chunkCount).contains($0) }
                progress.begin(missing: Set(missing))
                return .missing(missing)
            }
        }
        throw Failure.storingTakesLong(Self.storingLimit)
    }

    /// Sends these chunks, a few at a time.
    private func send(_ chunks: [Int]) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for (position, chunk) in chunks.enumerated() {
                if position >= parallel { try await group.next() }
                group.addTask { try await send(chunk) }
            }
            try await group.waitForAll()
        }
    }

    private func send(_ chunk: Int) async throws {
        let sum = try await checksum(of: chunk)
        try await retries.run("chunk \(chunk + 1) of \(source.chunkCount)") { _ = try await post(chunk, sum) }
    }

    /// Sends the last chunk, and before it again what the server turns out to miss.
    private func finish() async throws -> UploadedDataset {
        let sum = try await checksum(of: source.lastChunk)
        for _ in 0..<Self.rounds {
            let stage = try await retries.run("the last chunk") { try await sendLast(sum) }
            switch stage {
            case .stored(let dataset): return dataset
            case .missing(let chunks):
                progress.begin(missing: Set(chunks + [source.lastChunk]))
                progress.note("the server misses \(chunks.count) of \(source.chunkCount) chunks; sending them again")
                try await send(chunks)
            }
        }
        throw Failure.chunksKeepMissing(Self.rounds)
    }

    private func sendLast(_ sum: String) async throws -> Stage {
        do {
            return .stored(try UploadedDataset(try await post(source.lastChunk, sum)))
        } catch let refusal as UploadRefusal where refusal.status == 409 && !others(refusal.missing).isEmpty {
            return .missing(others(refusal.missing))
        } catch  where (error as? UploadRefusal)?.status == 409 || UploadRetries.isWorthIt(error) {
            // Perhaps only the answer was lost, or an earlier last chunk is still being worked on.
            switch try await stage() {
            case .missing(let chunks) where others(chunks).isEmpty: throw error
            case .missing(let chunks): return .missing(others(chunks))
            case .stored(let dataset): return .stored(dataset)
            }
        }
    }

    private func others(_ chunks: [Int]) -> [Int] { chunks.filter { (0..<source.lastChunk).contains($0) } }

    private func checksum(of chunk: Int) async throws -> String {
        try await server.work.run { try source.checksum(of: chunk, $0) }
    }

    /// - Throws: `upload_file_changed` rather than what came of that.
    private func post(_ chunk: Int, _ sum: String) async throws -> Data {
        try source.checkUnchanged()
        let isLast = chunk == source.lastChunk
        do {
            let answer = try await server.send(
                form(chunk, sum), answerLimit: isLast ? Self.storingLimit : nil,
                onSent: { progress.sent($0, of: chunk) })
            // Its end may have been read after somebody wrote.
            try source.checkUnchanged()
            progress.arrived(chunk)
            return answer
        } catch {
            progress.lost(chunk)
            try source.checkUnchanged()
            throw error
        }
    }

    private func form(_ chunk: Int, _ sum: String) -> WebForm {
        let (offset, count) = source.range(of: chunk)
        let about: [(name: String, value: String)] = [
            ("chunk_index", "\(chunk)"), ("chunks_total", "\(source.chunkCount)"), ("upload_id", id),
            ("chunk_sha256", sum),
        ]
        return WebForm(
            about + fields,
            file: WebForm.FilePart(
                field: "file", fileName: source.name, file: source.file, offset: offset, count: count))
    }
}
