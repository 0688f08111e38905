import Execution
import Failures
import Foundation
import Testing
import Web

@Suite struct FormTests {
    private struct Arrived {
        let head: String
        let body: [UInt8]
    }

    private let path = FileManager.default.temporaryDirectory.appending(path: "web-\(UUID().uuidString)").path

    private func file(_ bytes: [UInt8]) throws -> WebFile {
        try Data(bytes).write(to: URL(fileURLWithPath: path))
        return try WebFile(path)
    }

    private static func header(_ name: String, in head: String) -> String? {
        head.components(separatedBy: "\r\n").first { $0.lowercased().hasPrefix("\(name): ") }.map {
            String($0.dropFirst(name.count + 2))
        }
    }

    private static func receiving(_ seen: Seen<Arrived>, sayContinue: Bool = false) throws -> TinyServer {
        try TinyServer { client in
            let head = client.readHead()
            if sayContinue { client.send("HTTP/1.1 100 Continue\r\nX-Early: yes\r\n\r\n") }
            let count = header("content-length", in: head).flatMap { Int($0) } ?? 0
            seen.tell(Arrived(head: head, body: client.readBody(count)))
            client.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
        }
    }

    @Test(arguments: [(0, 300_000), (1000, 200_001), (299_999, 1), (7, 0)])
    func sendsFieldsThenTheFilesRangeByteForByte(_ offset: Int, _ count: Int) async throws {
        defer { unlink(path) }
        let bytes = (0..<300_000).map { UInt8(truncatingIfNeeded: $0 &* 2_654_435_761 >> 7) }
        let seen = Seen<Arrived>()
        let server = try Self.receiving(seen)
        let part = try WebForm.FilePart(
            field: "file", fileName: "Wäl\"d\r\n.zip", file: file(bytes), offset: Int64(offset), count: Int64(count))
        let form = WebForm([("authors", "Ünal"), ("authors", "B; \"C\""), ("a\"b", "")], file: part)
        var sent: [Int64] = []
        let request = WebRequest(.post, "\(server.address)/x", headers: [("X-Token", "t")], body: .form(form))
        let answer = try request.send(Interruption()) { sent.append($0) }
        let arrived = try #require(await seen.next())
        let type = try #require(Self.header("content-type", in: arrived.head))
        let boundary = type.replacing("multipart/form-data; boundary=", with: "")
        let before = """
            --\(boundary)
            Content-Disposition: form-data; name="authors"

            Ünal
            --\(boundary)
            Content-Disposition: form-data; name="authors"

            B; "C"
            --\(boundary)
            Content-Disposition: form-data; name="a%22b"


            --\(boundary)
            Content-Disposition: form-data; name="file"; filename="Wäl%22d%0D%0A.zip"
            Content-Type: application/octet-stream


            """.replacing("\n", with: "\r\n")
        let expected = Array(before.utf8) + bytes[offset..<offset + count] + Array("\r\n--\(boundary)--\r\n".utf8)
        #expect(arrived.body == expected)
        #expect(arrived.head.hasPrefix("POST /x HTTP/1.1\r\n"))
        #expect(Self.header("x-token", in: arrived.head) == "t")
        #expect(answer.status == 200 && answer.body == Array("ok".utf8))
        #expect(sent == sent.sorted() && sent.last == Int64(expected.count))
    }

    @Test(arguments: [true, false])
    func sendsALargeBodyWhetherOrNotTheServerAsksForIt(_ sayContinue: Bool) async throws {
        defer { unlink(path) }
        let bytes = [UInt8](repeating: 7, count: 3 << 20)
        let seen = Seen<Arrived>()
        let server = try Self.receiving(seen, sayContinue: sayContinue)
        let part = try WebForm.FilePart(
            field: "file", fileName: "a", file: file(bytes), offset: 0, count: Int64(bytes.count))
        let answer = try WebRequest(.post, server.address, body: .form(WebForm([], file: part))).send(Interruption())
        let arrived = try #require(await seen.next())
        #expect(Self.header("expect", in: arrived.head) == "100-continue")
        #expect(arrived.body.count > bytes.count && arrived.body.filter { $0 == 7 }.count == bytes.count)
        #expect(answer.status == 200)
        #expect(answer.headers == ["content-length": "2"])
    }

    @Test func hearsARefusalBeforeItSendsALargeBody() throws {
        defer { unlink(path) }
        let server = try TinyServer { client in
            _ = client.readHead()
            client.send("HTTP/1.1 413 Content Too Large\r\nContent-Length: 0\r\n\r\n")
            client.waitForHangUp()
        }
        let part = try WebForm.FilePart(
            field: "file", fileName: "a", file: file([UInt8](repeating: 7, count: 3 << 20)), offset: 0, count: 3 << 20)
        var sent: Int64 = 0
        let answer = try WebRequest(.post, server.address, body: .form(WebForm([], file: part)))
            .send(Interruption()) { sent = $0 }
        #expect(answer.status == 413)
        #expect(sent == 0)
    }

    @Test func endsWithASentenceWhenTheFileHasBecomeShorter() throws {
        defer { unlink(path) }
        let file = try file([UInt8](repeating: 7, count: 5000))
        #expect(file.bytes == 5000 && file.isUnchanged)
        truncate(path, 100)
        #expect(!file.isUnchanged)
        let server = try TinyServer { $0.waitForHangUp() }
        let part = WebForm.FilePart(field: "file", fileName: "a", file: file, offset: 0, count: 5000)
        let error = #expect(throws: Failure.self) {
            try WebRequest(.post, server.address, body: .form(WebForm([], file: part))).send(Interruption())
        }
        #expect(error?.code == "web_file_too_short")
        #expect(error?.sentence == "the file that should be sent has become shorter meanwhile; send it again")
    }

    @Test(arguments: [("/no/such/file", "No such file or directory"), ("/tmp", "Is a directory")])
    func aFileThatCannotBeReadIsSaidToBe(_ path: String, _ why: String) {
        let error = #expect(throws: Failure.self) { try WebFile(path) }
        #expect(error?.sentence == "the file that should be sent cannot be read: \(why)")
    }
}
