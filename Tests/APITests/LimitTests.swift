import DB
import Foundation
import TestSupport
import Testing

/// What is too much, what is not one's own, and what is no name.
@Suite(.enabled(if: TestDatabase.isAvailable, "run the tests through make test"), .serialized)
struct LimitTests {
    private func with(
        _ settings: [String: String] = [:], _ body: (Site, APIProcess, String) async throws -> Void
    ) async throws {
        try await Site.with { site in
            _ = try await site.test.addDataset(fileName: "another.zip")
            try await body(site, try await APIProcess.start(site, settings), try await TestToken.of())
        }
    }

    private func chunk(_ index: Int, of total: Int, _ bytes: Int, _ uploadID: String = "up-1") -> Form {
        Form(index, of: total, uploadID, Data(repeating: 5, count: bytes))
    }

    @Test(arguments: [false, true])
    func aChunkMayBeTooLarge(_ isFileFirst: Bool) async throws {
        try await with(["UPLOAD_CHUNK_LIMIT": "1MiB"]) { site, server, token in
            #expect((try await server.send(chunk(0, of: 3, 1 << 20), token: token)).status == 200)
            // Known by its length, and only when it has come.
            for bytes in [(1 << 20) + 1, 3 << 20] {
                let form = chunk(1, of: 3, bytes)
                let answer = try await server.send(isFileFirst ? form.fileFirst : form, token: token)
                #expect(answer.status == 413)
                #expect(answer.detail.contains("1MiB"), "\(answer.text)")
            }
            #expect((try await server.state(of: "up-1", token: token)).json["received"] as? [Int] == [0])
            #expect(try asides(site).isEmpty)
        }
    }

    private func asides(_ site: Site) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: "\(site.storage)/incoming").filter { $0 != "upload.lock" }
    }

    @Test func aFileMayBeTooLarge() async throws {
        try await with(["UPLOAD_FILE_LIMIT": "1MiB"]) { _, server, token in
            _ = try await server.send(chunk(0, of: 2, 1 << 20), token: token)
            #expect((try await server.send(chunk(1, of: 2, 1), token: token)).status == 413)
        }
    }

    @Test func aUserMayHaveTooMuchOnTheWay() async throws {
        try await with(["UPLOAD_USER_LIMIT": "2MiB"]) { _, server, token in
            _ = try await server.send(chunk(0, of: 3, 1 << 20), token: token)
            let answer = try await server.send(chunk(0, of: 3, 1 << 20, "up-2"), token: token)
            #expect(answer.status == 429)
            #expect(answer.headers["retry-after"] != nil)
        }
    }

    @Test func spaceThatIsKeptFreeIsKeptFree() async throws {
        try await with(["DISK_RESERVE": "900TiB"]) { _, server, token in
            let answer = try await server.send(chunk(0, of: 3, 1000), token: token)
            #expect(answer.status == 507)
            #expect(answer.headers["retry-after"] == "600")
            #expect(answer.detail.contains("disk is full"))
        }
    }

    /// What has arrived is kept, and the upload goes on when there is space again.
    @Test(.enabled(if: SmallDisk.whyNot == nil, "\(SmallDisk.whyNot ?? "")"))
    func theDiskFillsUp() async throws {
        try await Site.with { site in
            _ = try await site.test.addDataset(fileName: "another.zip")
            try await SmallDisk.with(at: site.storage, kibibytes: 3000) { disk in
                let server = try await APIProcess.start(site, ["DISK_RESERVE": "0B"])
                let (token, file) = (
                    try await TestToken.of(), try Data(contentsOf: URL(fileURLWithPath: SimulatedFlight.truth()))
                )
                // So that the last chunk does not fit by its bytes, and not only by its announced length.
                try Data(count: (3000 << 10) - file.count - 250_000).write(
                    to: URL(fileURLWithPath: "\(site.storage)/other"))
                let pieces = file.pieces(of: 200_000)
                var full: HTTPAnswer?
                for (index, piece) in pieces.enumerated() where full == nil {
                    let form = Form(index, of: pieces.count + 1, "up-1", piece)
                    let answer = try await server.send(form, token: token)
                    if answer.status != 200 { full = answer }
                }
                for index in 0..<5 where full == nil {
                    let answer = try await server.send(chunk(index, of: 9, 200_000, "up-2"), token: token)
                    if answer.status != 200 { full = answer }
                }
                #expect(full?.status == 507, "\(full?.text ?? "there was room")")
                try disk.grow(toKibibytes: 20_000)
                let answer = try await server.upload(file, "up-3", chunk: 200_000, token: token)
                #expect(answer.status == 200, "\(answer.text)")
            }
        }
    }

    @Test func anUploadIsItsUsers() async throws {
        try await with { site, server, token in
            _ = try await server.send(chunk(0, of: 3, 1000), token: token)
            let other = try await TestToken.of(UUID())
            let answer = try await server.send(chunk(1, of: 3, 1000), token: other)
            #expect(answer.status == 403)
            #expect((try await server.send(chunk(0, of: 1, 1000), token: other)).status == 403)
            #expect((try await server.state(of: "up-1", token: other)).status == 404)
            #expect((try await server.state(of: "up-1", token: token)).json["bytes"] as? Int == 1000)
        }
    }

    @Test(arguments: [
        "../up", "..", "/etc/passwd", "a/b", "a\\b", ".hidden", "-rf", "a b", "a\u{0}b", "ä", "%2e%2e",
        String(repeating: "a", count: 129),
    ])
    func aNameNeverLeadsElsewhere(_ uploadID: String) async throws {
        try await with { site, server, token in
            let answer = try await server.send(chunk(0, of: 2, 1000, uploadID), token: token)
            #expect(answer.status == 422, "\(answer.text)")
            #expect(answer.text.contains("upload_id"))
            let files = try FileManager.default.subpathsOfDirectory(atPath: site.folder)
            #expect(!files.contains { $0.hasSuffix(".tmp") || $0.hasSuffix(".parts") })
        }
    }

    @Test func aFilesNameIsOnlyItsLastPart() async throws {
        try await with { site, server, token in
            let file = try Data(contentsOf: URL(fileURLWithPath: SimulatedFlight.truth()))
            for name in ["../../etc/a.tif", "C:\\photos\\a.tif"] {
                let answer = try await server.upload(file, "up-1", name: name, chunk: file.count, token: token)
                #expect(answer.json["file_name"] as? String == "a.tif", "\(answer.text)")
            }
            let answer = try await server.send(chunk(0, of: 1, 10).with("upload_type", nil), token: token)
            #expect(answer.status == 400)
        }
    }

    @Test(arguments: [
        ("license", "GPL"), ("license", nil), ("platform", "balloon"), ("authors", nil), ("chunk_index", "-1"),
        ("chunk_index", "3"),
        ("chunk_index", "x"), ("chunks_total", "0"), ("chunks_total", "99999999999999999999"), ("upload_id", nil),
        ("aquisition_year", "1900"), ("aquisition_month", "13"), ("aquisition_day", "0"), ("data_access", "secret"),
        ("upload_type", "pdf"), ("chunk_sha256", "x"),
    ])
    func aWrongFieldIsNamed(_ field: String, _ value: String?) async throws {
        try await with { _, server, token in
            let answer = try await server.send(chunk(0, of: 3, 10).with(field, value), token: token)
            #expect(answer.status == 422, "\(answer.text)")
            let detail = try #require(answer.json["detail"] as? [[String: Any]])
            #expect(detail.contains { ($0["loc"] as? [String]) == ["body", field] }, "\(answer.text)")
        }
    }

    @Test func typesAreToldApart() async throws {
        try await with { _, server, token in
            for (name, status) in [("a.TIFF", 200), ("a.Zip", 200), ("a.jpg", 400), ("a", 400)] {
                let answer = try await server.send(
                    Form(0, of: 2, "up-\(name)", Data([1, 2, 3]), name: name), token: token)
                #expect(answer.status == status, "\(answer.text)")
            }
            let forced = Form(0, of: 2, "up-x", Data([1, 2, 3]), name: "a.bin").with("upload_type", "raw_images_zip")
            #expect((try await server.send(forced, token: token)).status == 200)
            let answer = try await server.send(Form(0, of: 2, "up-y", Data([1]), name: "a.jpg"), token: token)
            #expect(answer.detail == "Unsupported file type: .jpg. Supported types: .tif, .tiff, .zip")
        }
    }
}
