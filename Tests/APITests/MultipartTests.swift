import Foundation
import NIOCore
import TestSupport
import Testing

@testable import API

struct MultipartTests {
    /// Name and bytes of each part of a form that is fed in the given pieces.
    private func parse(_ body: Data, boundary: String, pieces: (Int) -> Int) throws -> [(PartHead, Data)] {
        var parser = try MultipartParser(boundary: boundary)
        var parts: [(PartHead, Data)] = []
        var rest = body[...]
        while !rest.isEmpty {
            let piece = rest.prefix(max(1, pieces(rest.count)))
            rest = rest.dropFirst(piece.count)
            for event in try parser.feed(ByteBuffer(bytes: piece)) {
                switch event {
                case .part(let head): parts.append((head, Data()))
                case .bytes(let bytes): parts[parts.count - 1].1 += Data(bytes.readableBytesView)
                case .partEnd: break
                }
            }
        }
        try parser.finish()
        return parts
    }

    /// Bytes that look like the delimiter are everywhere, and pieces end anywhere.
    @Test func bytesArriveWhole() throws {
        let boundary = "aab"
        let lures = ["\r\n--aab", "\r\n--aa", "\r\n--", "\r\n", "\r", "-", "--aab", "a", "\n\r\n--aaa", "x"]
        for seed in 0..<400 {
            var dice = SeededDice(UInt64(seed), 7)
            let contents = (0..<Int.random(in: 1...4, using: &dice)).map { _ in
                (0..<Int.random(in: 0...20, using: &dice)).map { _ in
                    lures.dropFirst().randomElement(using: &dice) ?? ""
                }
                .joined()
            }.map { $0.replacing("\r\n--aab", with: "\r\n--aac") }
            let parts = contents.enumerated().map { index, content in
                "--aab\r\nContent-Disposition: form-data; name=\"p\(index)\"\r\n\r\n\(content)\r\n"
            }
            let body = Data(("preamble\r\n" + parts.joined() + "--aab--\r\nepilogue").utf8)
            let parsed = try parse(body, boundary: boundary) { Int.random(in: 1...min($0, 50), using: &dice) }
            #expect(parsed.map(\.0.name) == contents.indices.map { "p\($0)" }, "seed \(seed)")
            #expect(parsed.map { String(decoding: $0.1, as: UTF8.self) } == contents, "seed \(seed)")
        }
    }

    @Test func aFormAsClientsSendIt() throws {
        let form = Form(0, of: 1, "x", Data.random(300_000))
        let boundary = String(form.contentType.split(separator: "=")[1])
        let parts = try parse(form.body, boundary: boundary) { min($0, 65_536) }
        #expect(parts.last?.0.fileName == "ortho.tif")
        #expect(parts.last?.1 == form.bytes)
        #expect(parts.count == 8)
    }

    @Test(arguments: [
        "", "--b", "--b\r\n", "--b\r\n\r\n", "--b\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nx\r\n--b",
        "--bx\r\n", "--b\r\nContent-Type: a\r\n\r\nx\r\n--b--",
        "--b\r\nContent-Disposition: form-data\r\n\r\nx\r\n--b--",
        "--b\r\n" + String(repeating: "a", count: 20_000),
        String(repeating: "--b\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nx\r\n", count: 300) + "--b--",
    ])
    func whatIsNoFormIsRefused(_ body: String) {
        #expect(throws: Problem.self) {
            _ = try parse(Data(body.utf8), boundary: "b") { min($0, 1000) }
        }
    }

    @Test(arguments: [
        ("form-data; name=\"file\"; filename=\"a b.tif\"", "file", "a b.tif"),
        ("form-data; name=file; filename=a.tif", "file", "a.tif"),
        ("form-data; filename=\"C:\\photos\\a.tif\"; name=\"file\"", "file", "C:\\photos\\a.tif"),
        ("form-data; name=\"file\"; filename=\"a\\\"b;c.tif\"", "file", "a\"b;c.tif"),
        ("form-data; name=\"file\"; filename=\"a%22b.tif\"", "file", "a\"b.tif"),
        ("form-data; name=\"file\"; filename=\"x.tif\"; filename*=UTF-8''B%C3%A4ume.tif", "file", "Bäume.tif"),
        ("form-data; name=\"a\"", "a", nil),
    ])
    func headsAreRead(_ disposition: String, _ name: String, _ fileName: String?) {
        let head = PartHead("\r\nContent-Type: image/tiff\r\nContent-Disposition: \(disposition)")
        #expect(head?.name == name)
        #expect(head?.fileName == fileName)
    }
}
