import Foundation
import NIOCore
import TestSupport
import Testing

@testable import API

/// Chunks of one upload in every interleaving: requests that overlap, break off, repeat, and lie about their length.
struct UploadSessionTests {
    private func with(_ body: (UploadFolder) throws -> Void) throws {
        let folder = UploadFolder(root: NSTemporaryDirectory() + "session-\(UUID().uuidString)", isStorage: true)
        try folder.make()
        defer { try? FileManager.default.removeItem(atPath: folder.root) }  // A leftover in /tmp fails no test.
        try body(folder)
    }

    private func session(_ total: Int, in folder: UploadFolder) throws -> UploadSession {
        let fields = try ChunkFields(
            [
                "chunk_index": ["0"], "chunks_total": ["\(total)"], "upload_id": ["u"], "license": ["MIT"],
                "platform": ["drone"], "authors": ["A"],
            ], fileName: "a.tif")
        return try UploadSession(fields, owner: "me", in: folder)
    }

    private func finish(_ sink: any ChunkSink, _ index: Int, _ session: UploadSession) throws {
        do {
            if let placed = sink as? PlacedChunk { try placed.finish() }
            if let aside = sink as? AsideChunk { try session.place(aside, index) }
        } catch let problem as Problem {
            // Its client is told to send it again.
            #expect(problem.code == "chunk_displaced")
        }
    }

    /// A request that is under way.
    private struct Request {
        let index: Int
        let sink: any ChunkSink
        var rest: Data
        let isGood: Bool
    }

    @Test(arguments: [true, false])
    func theFileIsWhatWasSent(_ areEqual: Bool) throws {
        for seed in 0..<(Int(ProcessInfo.processInfo.environment["SEEDS"] ?? "") ?? 300) {
            try with { folder in
                var dice = SeededDice(UInt64(seed), areEqual ? 1 : 2)
                let total = Int.random(in: 1...6, using: &dice)
                let chunks = (0..<total).map { index in
                    let isShort = index == total - 1 || !areEqual
                    return Data(
                        (0..<(isShort ? Int.random(in: 1...20, using: &dice) : 10)).map { _ in
                            UInt8.random(in: 1...255, using: &dice)
                        })
                }
                let session = try session(total, in: folder)
                try disturb(session, chunks, &dice)
                // Whatever has happened: a client that sends what is missing gets there.
                var rounds = 0
                while let index = session.map.missing.first, rounds < 100 {
                    let sink = try session.begin(index)
                    try sink.write([ByteBuffer(bytes: chunks[index])])
                    try finish(sink, index, session)
                    rounds += 1
                }
                #expect(session.map.missing.isEmpty, "seed \(seed)")
                try session.close()
                let file = try Data(contentsOf: URL(fileURLWithPath: session.dataPath))
                #expect(file == chunks.reduce(Data(), +), "seed \(seed)")
                let left = try #require(UploadJournal.read(folder.journal("u", .geotiff)))
                #expect(left.places == session.map.places, "seed \(seed)")
            }
        }
    }

    /// Up to five requests at a time, a step of each at random.
    private func disturb(_ session: UploadSession, _ chunks: [Data], _ dice: inout SeededDice) throws {
        var requests: [Request] = []
        for _ in 0..<Int.random(in: 0...60, using: &dice) {
            if requests.count < 5, dice.rolls(0.4) {
                let index = Int.random(in: 0..<chunks.count, using: &dice)
                // One that will break off may send anything, and more of it.
                let isGood = dice.rolls(0.7)
                let bytes = isGood ? chunks[index] : Data(repeating: 0, count: Int.random(in: 1...40, using: &dice))
                requests.append(Request(index: index, sink: try session.begin(index), rest: bytes, isGood: isGood))
            } else if let at = requests.indices.randomElement(using: &dice) {
                let piece = requests[at].rest.prefix(Int.random(in: 1...8, using: &dice))
                try requests[at].sink.write([ByteBuffer(bytes: piece)])
                requests[at].rest = Data(requests[at].rest.dropFirst(piece.count))
                guard requests[at].rest.isEmpty else { continue }
                let request = requests.remove(at: at)
                if request.isGood { try finish(request.sink, request.index, session) } else { request.sink.abandon() }
            }
        }
        for request in requests { request.sink.abandon() }
    }

    /// A dataset that was made of it, perhaps without our knowing, keeps its bytes.
    @Test func whatMayBeADatasetIsNotWritten() throws {
        try with { folder in
            let session = try session(2, in: folder)
            for index in 0..<2 {
                let sink = try session.begin(index)
                try sink.write([ByteBuffer(bytes: [1, 2, 3])])
                try finish(sink, index, session)
            }
            try session.becomes(42)
            let sink = try session.begin(0)
            try sink.write([ByteBuffer(bytes: [9, 9])])
            let aside = try #require(sink as? AsideChunk)
            #expect(throws: Problem.self) { try session.place(aside, 0) }
            // The last one is not written either, but its client hears of the dataset.
            try session.place(aside, 1)
            #expect(try Data(contentsOf: URL(fileURLWithPath: session.dataPath)) == Data([1, 2, 3, 1, 2, 3]))
        }
    }

    @Test func whatIsNotWholeDoesNotEnd() async throws {
        let folder = UploadFolder(root: NSTemporaryDirectory() + "session-\(UUID().uuidString)", isStorage: true)
        try folder.make()
        defer { try? FileManager.default.removeItem(atPath: folder.root) }  // A leftover in /tmp fails no test.
        let session = try session(2, in: folder)
        await #expect(throws: Problem.self) { try await session.end("x") { "made" } }
        for index in 0..<2 {
            let sink = try session.begin(index)
            try sink.write([ByteBuffer(bytes: [1])])
            try finish(sink, index, session)
        }
        #expect(try await session.end("x") { "made" } == "made")
        #expect(try await session.end("x") { "another" } == "made")
        await #expect(throws: Problem.self) { try await session.end("y") { "another" } }
    }
}
