import Checksums
import DB
import Foundation
import TestSupport
import Testing

/// Chunks in every order and number, against a real server.
@Suite(.enabled(if: TestDatabase.isAvailable, "run the tests through make test"), .serialized)
struct UploadTests {
    /// An orthophoto of about 300 kB.
    private static let ortho = Result { try Data(contentsOf: URL(fileURLWithPath: SimulatedFlight.truth())) }

    private func with(
        _ settings: [String: String] = [:], _ body: (Site, APIProcess, String, Data) async throws -> Void
    ) async throws {
        try await Site.with { site in
            _ = try await site.test.addDataset()
            let server = try await APIProcess.start(site, settings)
            try await body(site, server, try await TestToken.of(), try Self.ortho.get())
        }
    }

    private func stored(_ site: Site, _ answer: HTTPAnswer) throws -> Data {
        let id = try #require(answer.json["id"] as? Int, "\(answer.status) \(answer.text)")
        return try Data(contentsOf: URL(fileURLWithPath: "\(site.storage)/archive/\(id)_ortho.tif"))
    }

    /// What is left of uploads in storage.
    private func leftovers(_ site: Site) throws -> [String] {
        try FileManager.default.subpathsOfDirectory(atPath: site.storage)
            .filter { $0.hasSuffix(".tmp") || $0.hasSuffix(".parts") || $0.contains("incoming/upload-") }
    }

    @Test func chunksInOrderBecomeADataset() async throws {
        try await with { site, server, token, file in
            let pieces = file.pieces(of: 100_000)
            for (index, piece) in pieces.dropLast().enumerated() {
                let answer = try await server.send(Form(index, of: pieces.count, "up-1", piece), token: token)
                #expect(answer.status == 200)
                #expect(answer.json["message"] as? String == "Chunk \(index) of \(pieces.count) received")
                // What clients of today's API look for.
                let partial = try Data(contentsOf: URL(fileURLWithPath: "\(site.storage)/archive/up-1.tmp"))
                #expect(partial == pieces[...index].reduce(Data(), +))
            }
            let form = Form(pieces.count - 1, of: pieces.count, "up-1", pieces.last ?? Data())
                .with("aquisition_year", "2024").with("aquisition_month", "5").with("data_access", "private")
                .with("project_id", "p").with("citation_doi", "10.1/x")
            let answer = try await server.send(form, token: token)
            #expect(try stored(site, answer) == file)
            #expect(answer.json["file_name"] as? String == "ortho.tif")
            #expect(answer.json["authors"] as? [String] == ["Ada Lovelace"])
            #expect(answer.json["aquisition_year"] as? Int == 2024)
            #expect(answer.json["aquisition_day"] is NSNull)
            #expect(answer.json["archived"] as? Bool == false)
            #expect(try leftovers(site).isEmpty)
            let id = Int64(answer.json["id"] as? Int ?? 0)
            #expect(try await site.status(id).get("is_upload_done"))
            #expect(try await site.test.sql("SELECT FROM v2_orthos").isEmpty)
            #expect(try await site.test.sql("SELECT FROM v2_queue").isEmpty)
        }
    }

    @Test(arguments: [false, true])
    func theFileMayComeBeforeTheFields(_ isReversed: Bool) async throws {
        try await with { site, server, token, file in
            let pieces = file.pieces(of: 100_000)
            let inOrder = Array(pieces.indices.dropLast())
            for index in isReversed ? inOrder.reversed() : inOrder {
                let answer = try await server.send(
                    Form(index, of: pieces.count, "up-1", pieces[index]).fileFirst, token: token)
                #expect(answer.status == 200)
            }
            let last = Form(pieces.count - 1, of: pieces.count, "up-1", pieces.last ?? Data()).fileFirst
            #expect(try stored(site, try await server.send(last, token: token)) == file)
            #expect(try leftovers(site).isEmpty)
        }
    }

    @Test func aMissingChunkIsNamedAndThenSent() async throws {
        try await with { site, server, token, file in
            let pieces = file.pieces(of: 50_000)
            let last = Form(pieces.count - 1, of: pieces.count, "up-1", pieces.last ?? Data())
            // The last one first, when not even its place is known.
            let first = try await server.send(last, token: token)
            #expect(first.status == 409)
            #expect((first.json["missing"] as? [Int])?.contains(0) == true)
            for index in pieces.indices.dropLast() where index != 2 {
                _ = try await server.send(Form(index, of: pieces.count, "up-1", pieces[index]), token: token)
            }
            let state = try await server.state(of: "up-1", token: token)
            #expect(state.json["missing"] as? [Int] == [2, pieces.count - 1])
            let refused = try await server.send(last, token: token)
            #expect(refused.status == 409)
            #expect(refused.json["missing"] as? [Int] == [2])
            #expect(refused.detail.contains("(2)"))
            _ = try await server.send(Form(2, of: pieces.count, "up-1", pieces[2]), token: token)
            #expect(try stored(site, try await server.send(last, token: token)) == file)
        }
    }

    @Test func allAtOnceAndEachTwice() async throws {
        try await with { site, server, token, file in
            let pieces = file.pieces(of: 20_000)
            let port = server.port
            try await withThrowingDiscardingTaskGroup { group in
                for index in (pieces.indices.dropLast() + pieces.indices.dropLast()).shuffled() {
                    let form = Form(index, of: pieces.count, "up-1", pieces[index])
                    group.addTask {
                        let call = try HTTPCall(port: port)
                        call.send(
                            APIProcess.head(
                                "POST", "/datasets/chunk", token, ["Content-Type": form.contentType],
                                length: form.body.count)
                                + form.body)
                        let answer = try await call.answer()
                        #expect(answer.status == 200, "\(answer.text)")
                    }
                }
            }
            let last = Form(pieces.count - 1, of: pieces.count, "up-1", pieces.last ?? Data())
            #expect(try stored(site, try await server.send(last, token: token)) == file)
            #expect(try leftovers(site).isEmpty)
        }
    }

    @Test func theLastChunkAgainIsAnsweredAgain() async throws {
        try await with { site, server, token, file in
            for (uploadID, size) in [("many", 100_000), ("one", file.count)] {
                let first = try await server.upload(file, uploadID, chunk: size, token: token)
                let pieces = file.pieces(of: size)
                let last = Form(pieces.count - 1, of: pieces.count, uploadID, pieces.last ?? Data())
                let again = try await server.send(last, token: token)
                #expect(again.status == 200)
                #expect(again.json["id"] as? Int == first.json["id"] as? Int)
                let state = try await server.state(of: uploadID, token: token)
                #expect(state.json["state"] as? String == "done")
                #expect(state.json["dataset_id"] as? Int == first.json["id"] as? Int)
            }
            #expect(try await site.test.sql("SELECT FROM v2_datasets WHERE file_name = 'ortho.tif'").count == 2)
            #expect(try leftovers(site).isEmpty)
        }
    }

    /// Both wait for one dataset.
    @Test func theLastChunkTwiceAtOnce() async throws {
        try await with { site, server, token, file in
            let port = server.port
            let form = Form(0, of: 1, "up-1", file)
            let head = APIProcess.head(
                "POST", "/datasets/chunk", token, ["Content-Type": form.contentType], length: form.body.count)
            let body = form.body
            async let one = HTTPCall.whole(port, head + body)
            async let two = HTTPCall.whole(port, head + body)
            let answers = try await [one, two]
            #expect(answers.map(\.status) == [200, 200], "\(answers.map(\.text))")
            #expect(answers[0].json["id"] as? Int == answers[1].json["id"] as? Int)
            #expect(try await site.test.sql("SELECT FROM v2_datasets WHERE file_name = 'ortho.tif'").count == 1)
        }
    }

    @Test func aDamagedChunkIsNotKept() async throws {
        try await with { site, server, token, file in
            let pieces = file.pieces(of: 100_000)
            let digests = pieces.map { piece in
                let hash = SHA256()
                hash.update(piece)
                return hash.hexDigest()
            }
            for index in pieces.indices.dropLast() {
                let form = Form(index, of: pieces.count, "up-1", pieces[index]).with("chunk_sha256", digests[index])
                #expect((try await server.send(form, token: token)).status == 200)
            }
            // A chunk that is there, sent again with an error on the way.
            let broken = Form(1, of: pieces.count, "up-1", Data(repeating: 1, count: 100_000)).with(
                "chunk_sha256", digests[1])
            let refused = try await server.send(broken, token: token)
            #expect(refused.status == 400)
            #expect(refused.json["code"] as? String == "chunk_damaged")
            let last = Form(pieces.count - 1, of: pieces.count, "up-1", pieces.last ?? Data())
            // What was there has stayed.
            #expect(try stored(site, try await server.send(last, token: token)) == file)
        }
    }

    /// A request that breaks off neither counts nor harms what is there.
    @Test(arguments: [false, true])
    func aRequestThatBreaksOffSpoilsNothing(_ isSentBefore: Bool) async throws {
        try await with { site, server, token, file in
            let pieces = file.pieces(of: 100_000)
            if isSentBefore { _ = try await server.send(Form(0, of: pieces.count, "up-1", pieces[0]), token: token) }
            let form = Form(0, of: pieces.count, "up-1", Data(repeating: 7, count: 100_000))
            let call = try HTTPCall(port: server.port)
            call.send(
                APIProcess.head(
                    "POST", "/datasets/chunk", token, ["Content-Type": form.contentType], length: form.body.count)
                    + form.body.prefix(90_000))
            let path = "/metrics"
            try await waitUntil("the bytes arrive") {
                let text = try await server.call("GET", path).text
                let received = text.firstMatch(of: /received_bytes_total (\d+)/).flatMap { Int($0.1) } ?? 0
                return received >= 90_000 + (isSentBefore ? 100_000 : 0)
            }
            call.hangUp()
            for index in pieces.indices.dropFirst(isSentBefore ? 1 : 0).dropLast() {
                _ = try await server.send(Form(index, of: pieces.count, "up-1", pieces[index]), token: token)
            }
            let last = Form(pieces.count - 1, of: pieces.count, "up-1", pieces.last ?? Data())
            #expect(try stored(site, try await server.send(last, token: token)) == file)
        }
    }

    @Test func anUploadOfAnotherLengthBeginsAnew() async throws {
        try await with { site, server, token, file in
            for index in 0..<4 {
                let junk = Data(repeating: UInt8(index), count: 90_000)
                _ = try await server.send(Form(index, of: 9, "up-1", junk), token: token)
            }
            // Other chunks, another number of them: and the file in one piece, which is shorter.
            #expect(try stored(site, try await server.upload(file, "up-1", chunk: 77_777, token: token)) == file)
        }
    }
}

extension HTTPCall {
    static func whole(_ port: UInt16, _ bytes: Data) async throws -> HTTPAnswer {
        let call = try HTTPCall(port: port)
        call.send(bytes)
        return try await call.answer()
    }
}
