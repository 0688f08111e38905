import Execution
import Failures
import Foundation
import Testing
import Web

@Suite struct ExchangeTests {
    private static func answering(_ text: String) throws -> TinyServer {
        try TinyServer { client in
            _ = client.readHead()
            client.send(text)
        }
    }

    @Test func givesStatusHeadersAndBodyOfAnErrorToo() throws {
        let server = try Self.answering(
            "HTTP/1.1 503 Busy\r\nRetry-After:  17 \r\nX-Twice: a\r\nx-twice: b:c\r\nContent-Length: 4\r\n\r\nwait")
        let answer = try WebRequest(.get, server.address).send(Interruption())
        #expect(answer.status == 503)
        #expect(answer.headers == ["retry-after": "17", "x-twice": "b:c", "content-length": "4"])
        #expect(answer.body == Array("wait".utf8))
    }

    @Test func sendsBytesWithTheMethodAndTypeThatWereAsked() async throws {
        let seen = Seen<String>()
        let server = try TinyServer { client in
            let head = client.readHead()
            seen.tell(head + String(decoding: client.readBody(7), as: UTF8.self))
            client.send("HTTP/1.1 204 None\r\n\r\n")
        }
        let body = WebRequest.Body.bytes(Array("{\"a\":1}".utf8), type: "application/json")
        let answer = try WebRequest(.put, "\(server.address)/a/b?c", body: body).send(Interruption())
        let text = try #require(await seen.next())
        #expect(text.hasPrefix("PUT /a/b?c HTTP/1.1\r\n"))
        #expect(text.contains("\r\nContent-Type: application/json\r\n"))
        #expect(text.contains("\r\nContent-Length: 7\r\n"))
        #expect(text.hasSuffix("\r\n\r\n{\"a\":1}"))
        #expect(answer.status == 204 && answer.body.isEmpty)
    }

    @Test func doesNotFollowARedirection() throws {
        let server = try Self.answering(
            "HTTP/1.1 302 There\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n")
        let answer = try WebRequest(.get, server.address).send(Interruption())
        #expect(answer.status == 302)
        #expect(answer.headers["location"] == "http://127.0.0.1:1/")
    }

    @Test(arguments: [(99, true), (100, true), (101, false)])
    func takesNoMoreThanItShould(_ count: Int, _ isTaken: Bool) throws {
        let server = try Self.answering("HTTP/1.1 200 OK\r\n\r\n" + String(repeating: "x", count: count))
        var request = WebRequest(.get, server.address)
        request.limits.bodyBytes = 100
        if isTaken {
            #expect(try request.send(Interruption()).body.count == count)
        } else {
            let error = #expect(throws: Failure.self) { try request.send(Interruption()) }
            #expect(error?.code == "web_answer_too_long")
            #expect(error?.sentence.hasSuffix("answered with more than the 100 bytes that are expected") == true)
        }
    }

    @Test func endsAtOnceWhenItIsInterrupted() async throws {
        let seen = Seen<Void>()
        let server = try TinyServer { client in
            _ = client.readHead()
            seen.tell(())
            client.waitForHangUp()
            seen.tell(())
        }
        let address = server.address
        let exchange = Task {
            try await BlockingWork(label: "test").run { try WebRequest(.get, address).send($0) }
        }
        try #require(await seen.next() != nil)
        let start = ContinuousClock.now
        exchange.cancel()
        await #expect(throws: CancellationError.self) { _ = try await exchange.value }
        #expect(ContinuousClock.now - start < .seconds(5))
        // The connection is gone too.
        #expect(await seen.next() != nil)
    }

    @Test func aServerThatIsNotThereCanBeTriedAgain() throws {
        let error = #expect(throws: Failure.self) {
            try WebRequest(.get, "http://me:geheim@127.0.0.1:1/x?y").send(Interruption())
        }
        #expect(error?.code == "web_unreachable" && error?.retry == .later)
        #expect(
            error?.sentence
                == "the server 127.0.0.1:1 cannot be reached; look at the address and at the network")
        #expect(error?.description.contains("geheim") == false)
    }

    @Test(arguments: ["", "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf"])
    func aConnectionThatBreaksCanBeTriedAgain(_ text: String) throws {
        let server = try Self.answering(text)
        let error = #expect(throws: Failure.self) { try WebRequest(.get, server.address).send(Interruption()) }
        #expect(error?.code == "web_broken" && error?.retry == .later)
        #expect(error?.sentence.hasSuffix("broke before its answer was here") == true)
    }

    @Test(arguments: ["", "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf"])
    func aServerThatFallsSilentIsLeft(_ text: String) throws {
        let server = try TinyServer { client in
            _ = client.readHead()
            client.send(text)
            client.waitForHangUp()
        }
        var request = WebRequest(.get, server.address)
        (request.limits.answer, request.limits.stall) = (.milliseconds(200), .milliseconds(200))
        let error = #expect(throws: Failure.self) { try request.send(Interruption()) }
        #expect(error?.code == "web_silent" && error?.retry == .later)
        request.limits = WebRequest.Limits()
        request.limits.total = .milliseconds(200)
        let hurried = #expect(throws: Failure.self) { try request.send(Interruption()) }
        #expect(hurried == error)
    }

    @Test(arguments: ["ftp://127.0.0.1/", "file:///etc/passwd", "127.0.0.1:1:1", ""])
    func anAddressOfAnotherKindIsRefused(_ address: String) {
        let error = #expect(throws: Failure.self) { try WebRequest(.get, address).send(Interruption()) }
        #expect(error?.code == "web_request_invalid" && error?.retry == .never)
    }

    @Test func aHeaderCannotBringAnother() {
        let request = WebRequest(.get, "http://127.0.0.1:1", headers: [("Authorization", "Bearer a\r\nX-Admin: yes")])
        let error = #expect(throws: Failure.self) { try request.send(Interruption()) }
        #expect(error?.code == "web_request_invalid")
        #expect(error?.description.contains("Bearer") == false)
    }
}
