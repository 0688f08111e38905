import Foundation
import HTTPTypes
import NIOCore
import NIOEmbedded
import NIOHTTPTypes
import TestSupport
import Testing

@testable import API

/// How the server behaves towards clients that behave in one way or another.
@Suite(.enabled(if: TestDatabase.isAvailable, "run the tests through make test"), .serialized)
struct MannersTests {
    @Test func healthIsSaid() async throws {
        try await Site.with { site in
            let server = try await APIProcess.start(site)
            for path in ["/livez", "/healthz", "/readyz", "/", "/api/v1/livez"] {
                #expect((try await server.call("GET", path)).status == 200)
                #expect((try await server.call("HEAD", path)).status == 200)
            }
            let metrics = try await server.call("GET", "/metrics")
            #expect(metrics.headers["content-type"]?.hasPrefix("text/plain; version=0.0.4") == true)
            #expect(metrics.text.contains("deadtrees_database_up 1"))
            #expect(metrics.text.contains("route=\"/livez\",method=\"GET\",status=\"200\"} 1"))
        }
    }

    @Test func whatIsAwayIsSaid() async throws {
        try await Site.with { site in
            let server = try await APIProcess.start(site, ["DATABASE_URL": "postgres://nobody@127.0.0.1:1/none"])
            #expect((try await server.call("GET", "/livez")).status == 200)
            let ready = try await server.call("GET", "/readyz")
            #expect(ready.status == 503)
            #expect(ready.headers["retry-after"] == "10")
            #expect((ready.json["checks"] as? [String: String])?["storage"] == "ok")
            #expect((try await server.call("GET", "/metrics")).text.contains("deadtrees_database_up 0"))
            let answer = try await server.call(
                "PUT", "/datasets/1/process", token: TestToken.of(), body: Data(#"{"task_types":["geotiff"]}"#.utf8))
            #expect(answer.status == 503)
            #expect(answer.json["code"] as? String == "database_unreachable")
        }
    }

    @Test func errorsHaveOneForm() async throws {
        try await Site.with { site in
            let server = try await APIProcess.start(site)
            let missing = try await server.call("GET", "/nothing")
            #expect(missing.status == 404)
            #expect(missing.headers["content-type"] == "application/problem+json")
            #expect(missing.json["detail"] as? String == "Not Found")
            #expect(missing.json["status"] as? Int == 404)
            let id = try #require(missing.headers["x-request-id"])
            #expect(missing.json["instance"] as? String == "urn:request:\(id)")
            let wrong = try await server.call("DELETE", "/api/v1/datasets/1/process")
            #expect(wrong.status == 405)
            #expect(wrong.headers["allow"] == "POST, PUT")
            let unknown = try await server.call("POST", "/datasets/chunk")
            #expect(unknown.status == 401)
            #expect(unknown.headers["www-authenticate"] == "Bearer")
        }
    }

    @Test func pagesOfOtherOriginsAreLetInByName() async throws {
        try await Site.with { site in
            let server = try await APIProcess.start(site, ["CORS_ORIGINS": "https://deadtrees.earth"])
            let asked = ["Origin": "https://deadtrees.earth", "Access-Control-Request-Method": "POST"]
            let preflight = try await server.call("OPTIONS", "/datasets/chunk", headers: asked)
            #expect(preflight.status == 204)
            #expect(preflight.headers["access-control-allow-origin"] == "https://deadtrees.earth")
            #expect(preflight.headers["access-control-allow-headers"]?.contains("Authorization") == true)
            let refused = try await server.call(
                "POST", "/datasets/chunk", headers: ["Origin": "https://deadtrees.earth"])
            #expect(refused.status == 401)
            #expect(refused.headers["access-control-allow-origin"] == "https://deadtrees.earth")
            let other = try await server.call("GET", "/livez", headers: ["Origin": "https://elsewhere.example"])
            #expect(other.headers["access-control-allow-origin"] == nil)
        }
    }

    @Test func headersThatAreTooLongAreRefused() async throws {
        try await Site.with { site in
            let server = try await APIProcess.start(site)
            let answer = try await server.call(
                "GET", "/livez", headers: ["X-Long": String(repeating: "a", count: 200_000)])
            #expect([400, 431].contains(answer.status))
            #expect((try await server.call("GET", "/livez")).status == 200)
        }
    }

    /// Neither tokens nor the secret that they are signed with.
    @Test func secretsStayOutOfTheLog() async throws {
        try await Site.with { site in
            _ = try await site.test.addDataset()
            let server = try await APIProcess.start(site, ["LOG_LEVEL": "trace"])
            let token = try await TestToken.of()
            _ = try await server.send(Form(0, of: 2, "up-1", Data([1])), token: token)
            _ = try await server.call("GET", "/datasets/chunk/up-1?token=\(token)", token: token + "x")
            let signature = try #require(token.split(separator: ".").last)
            #expect(!server.log.contains(signature))
            #expect(!server.log.contains(APIProcess.secret))
        }
    }

    @Test func whoAsksBeforeSendingIsInvited() async throws {
        try await Site.with { site in
            _ = try await site.test.addDataset()
            let server = try await APIProcess.start(site)
            let (form, token) = (Form(0, of: 2, "up-1", Data([1])), try await TestToken.of())
            let call = try HTTPCall(port: server.port)
            call.send(
                APIProcess.head(
                    "POST", "/datasets/chunk", token, ["Content-Type": form.contentType, "Expect": "100-continue"],
                    length: form.body.count))
            // Its answer to the head alone.
            try await call.continuation()
            call.send(form.body)
            #expect((try await call.answer()).status == 200)
        }
    }
}

/// Connections whose client does nothing, with a clock that the test moves.
struct ClientMannersTests {
    private func channel() throws -> EmbeddedChannel {
        let channel = EmbeddedChannel(handler: ClientManners(patience: .seconds(60), leastBytes: 1000))
        try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 80)).wait()
        channel.read()
        return channel
    }

    private let head = HTTPRequestPart.head(HTTPRequest(method: .post, scheme: "http", authority: "a", path: "/"))

    @Test func noHeadInTime() throws {
        let channel = try channel()
        channel.embeddedEventLoop.advanceTime(by: .seconds(59))
        #expect(channel.isActive)
        channel.embeddedEventLoop.advanceTime(by: .seconds(2))
        #expect(!channel.isActive)
    }

    @Test func aBodyThatTrickles() throws {
        let channel = try channel()
        try channel.writeInbound(head)
        for minute in 0..<5 {
            channel.read()
            try channel.writeInbound(HTTPRequestPart.body(ByteBuffer(repeating: 0, count: minute == 4 ? 10 : 2000)))
            channel.read()
            channel.embeddedEventLoop.advanceTime(by: .seconds(60))
            #expect(channel.isActive == (minute < 4))
        }
    }

    /// While we do not read, nobody can send.
    @Test func aServerThatIsBusy() throws {
        let channel = try channel()
        try channel.writeInbound(head)
        channel.embeddedEventLoop.advanceTime(by: .seconds(600))
        #expect(channel.isActive)
    }

    /// A refusal is answered before the body has come.
    @Test func aRequestThatEndsAfterItsAnswer() throws {
        let channel = try channel()
        try channel.writeInbound(head)
        try channel.writeOutbound(HTTPResponsePart.head(HTTPResponse(status: .unauthorized)))
        try channel.writeOutbound(HTTPResponsePart.end(nil))
        try channel.writeInbound(HTTPRequestPart.end(nil))
        channel.read()
        channel.embeddedEventLoop.advanceTime(by: .seconds(61))
        #expect(!channel.isActive)
    }

    @Test func anAnswerThatTakesLong() throws {
        let channel = try channel()
        try channel.writeInbound(head)
        try channel.writeInbound(HTTPRequestPart.end(nil))
        channel.read()
        channel.embeddedEventLoop.advanceTime(by: .hours(2))
        #expect(channel.isActive)
        // Then the next request is waited for.
        try channel.writeOutbound(HTTPResponsePart.head(HTTPResponse(status: .ok)))
        try channel.writeOutbound(HTTPResponsePart.end(nil))
        channel.embeddedEventLoop.advanceTime(by: .seconds(61))
        #expect(!channel.isActive)
    }
}
