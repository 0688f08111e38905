import DB
import Foundation
import TestSupport
import Testing

/// The server ends in every step of an upload: nothing is lost that had arrived, nothing is there twice, nothing is left.
@Suite(.enabled(if: TestDatabase.isAvailable, "run the tests through make test"), .serialized)
struct ServerEndTests {
    private func with(_ body: (Site, APIProcess, String) async throws -> Void) async throws {
        try await Site.with { site in
            _ = try await site.test.addDataset(fileName: "another.zip")
            try await body(site, try await APIProcess.start(site), try await TestToken.of())
        }
    }

    private static let flight = Result { try Data(contentsOf: URL(fileURLWithPath: SimulatedFlight.path())) }
    private func flight() throws -> Data { try Self.flight.get() }

    /// A last chunk that is sent without waiting for what comes of it.
    private func sendLast(_ bytes: Data, to server: APIProcess, token: String) throws -> HTTPCall {
        let form = Form(0, of: 1, "up-1", bytes, name: "flight.zip")
        let call = try HTTPCall(port: server.port)
        call.send(
            APIProcess.head(
                "POST", "/datasets/chunk", token, ["Content-Type": form.contentType], length: form.body.count)
                + form.body)
        return call
    }

    private func waitUntilBlocked(_ site: Site) async throws {
        try await waitUntil("a statement of the server waits for the lock") {
            try await !site.test.sql(
                """
                SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'
                  AND query LIKE 'INSERT INTO v2_%'
                """
            ).isEmpty
        }
    }

    private func datasets(_ site: Site) async throws -> [Int64] {
        try await site.test.sql("SELECT id FROM v2_datasets WHERE file_name = 'flight.zip'").map { try $0.get("id") }
    }

    /// What there is in storage, but for the lock and what was put aside.
    private func files(_ site: Site) throws -> [String] {
        try FileManager.default.subpathsOfDirectory(atPath: site.storage).sorted().filter { path in
            !["trash", "incoming/upload.lock"].contains { path.hasPrefix($0) } && path.contains(".")
        }
    }

    private func uploadAgain(_ site: Site, _ token: String) async throws -> Int64 {
        let server = try await APIProcess.start(site)
        let state = try await server.state(of: "up-1", token: token)
        #expect(state.json["received"] as? [Int] == [0], "\(state.text)")
        let answer = try await sendLast(flight(), to: server, token: token).answer()
        let id = Int64(try #require(answer.json["id"] as? Int, "\(answer.text)"))
        #expect(try await datasets(site) == [id])
        #expect(try files(site).filter { !$0.hasPrefix("raw_images/\(id)/") } == [])
        #expect(try await site.test.sql("SELECT FROM v2_uploads").count == 1)
        return id
    }

    @Test func killedWhileAChunkArrives() async throws {
        try await with { site, server, token in
            let pieces = try flight().pieces(of: 200_000)
            let forms = pieces.enumerated().map { Form($0, of: pieces.count, "up-1", $1, name: "flight.zip") }
            _ = try await server.send(forms[0], token: token)
            let call = try HTTPCall(port: server.port)
            call.send(
                APIProcess.head(
                    "POST", "/datasets/chunk", token, ["Content-Type": forms[1].contentType],
                    length: forms[1].body.count)
                    + forms[1].body.prefix(150_000))
            try await waitUntil("the bytes arrive") {
                try await server.call("GET", "/metrics").text.contains("received_bytes_total 35")
            }
            try await server.crash()
            let next = try await APIProcess.start(site)
            let state = try await next.state(of: "up-1", token: token)
            #expect(state.json["received"] as? [Int] == [0])
            for form in forms.dropFirst().dropLast() { _ = try await next.send(form, token: token) }
            let answer = try await next.send(try #require(forms.last), token: token)
            let id = try #require(answer.json["id"] as? Int, "\(answer.text)")
            #expect(
                try Data(contentsOf: URL(fileURLWithPath: "\(site.storage)/raw_images/\(id)/\(id).zip")) == flight())
        }
    }

    @Test func killedBeforeAnythingIsStored() async throws {
        try await with { site, server, token in
            try await whileHolding("LOCK TABLE v2_datasets IN SHARE ROW EXCLUSIVE MODE", in: site.test.url) { _ in
                _ = try sendLast(flight(), to: server, token: token)
                try await waitUntilBlocked(site)
                try await server.crash()
            }
            _ = try await uploadAgain(site, token)
        }
    }

    @Test func killedBetweenFilesAndRows() async throws {
        try await with { site, server, token in
            try await whileHolding("LOCK TABLE v2_raw_images IN SHARE ROW EXCLUSIVE MODE", in: site.test.url) { _ in
                _ = try sendLast(flight(), to: server, token: token)
                try await waitUntilBlocked(site)
                #expect(try files(site).contains { $0.hasPrefix("raw_images/") && $0.contains("/images/") })
                try await server.crash()
            }
            #expect(try await datasets(site).isEmpty)
            _ = try await uploadAgain(site, token)
        }
    }

    /// Its rows are there, and its client has never heard of it.
    @Test func killedBetweenRowsAndAnswer() async throws {
        try await with { site, server, token in
            let kept = "\(site.folder)/kept"
            try FileManager.default.createDirectory(atPath: kept, withIntermediateDirectories: true)
            let names = ["up-1.tmp", "up-1.parts"]
            var call: HTTPCall?
            try await whileHolding("LOCK TABLE v2_raw_images IN SHARE ROW EXCLUSIVE MODE", in: site.test.url) { _ in
                call = try sendLast(flight(), to: server, token: token)
                try await waitUntilBlocked(site)
                for name in names {
                    try FileManager.default.copyItem(
                        atPath: "\(site.storage)/raw_images/\(name)", toPath: "\(kept)/\(name)")
                }
            }
            let answer = try await #require(call).answer()
            #expect(answer.status == 200)
            try await server.crash()
            // As it lay there in the moment after COMMIT.
            for name in names {
                try FileManager.default.copyItem(
                    atPath: "\(kept)/\(name)", toPath: "\(site.storage)/raw_images/\(name)")
            }
            let id = try await uploadAgain(site, token)
            #expect(id == Int64(answer.json["id"] as? Int ?? 0))
        }
    }

    /// As clients do whose proxy has lost patience.
    @Test func theLastChunkAgainWhileItIsStored() async throws {
        try await with { site, server, token in
            var calls: [HTTPCall] = []
            try await whileHolding("LOCK TABLE v2_raw_images IN SHARE ROW EXCLUSIVE MODE", in: site.test.url) { _ in
                calls.append(try sendLast(flight(), to: server, token: token))
                try await waitUntilBlocked(site)
                let state = try await server.state(of: "up-1", token: token)
                #expect(state.json["state"] as? String == "storing")
                calls[0].hangUp()
                calls.append(try sendLast(flight(), to: server, token: token))
                try await waitUntil("both are there") {
                    try await server.call("GET", "/metrics").text.contains("deadtrees_http_requests_running 3")
                }
            }
            let answer = try await calls[1].answer()
            #expect(answer.status == 200, "\(answer.text)")
            #expect(try await datasets(site) == [Int64(answer.json["id"] as? Int ?? 0)])
        }
    }

    /// A stop signal waits for the request that is under way.
    @Test func stoppedWhileItStores() async throws {
        try await with { site, server, token in
            var call: HTTPCall?
            try await whileHolding("LOCK TABLE v2_raw_images IN SHARE ROW EXCLUSIVE MODE", in: site.test.url) { _ in
                call = try sendLast(flight(), to: server, token: token)
                try await waitUntilBlocked(site)
                server.send(SIGTERM)
                try await waitUntil("nobody is let in any more") {
                    (try? HTTPCall(port: server.port)) == nil  // refused
                }
            }
            let answer = try await #require(call).answer()
            #expect(answer.status == 200, "\(answer.text)")
            #expect(try await server.exitStatus() == 0)
        }
    }

    /// Bytes that a power cut may have taken are not relied upon, and do not lie around.
    @Test func theMachineHasEnded() async throws {
        try await with { site, server, token in
            _ = try await server.send(Form(0, of: 2, "up-1", Data(repeating: 1, count: 1000)), token: token)
            _ = try await server.send(Form(0, of: 2, "up-2", Data(repeating: 1, count: 1000)), token: token)
            try await server.crash()
            let journal = URL(fileURLWithPath: "\(site.storage)/archive/up-1.parts")
            let text = try String(contentsOf: journal, encoding: .utf8)
            try text.replacing(/"boot":"[^"]*"/, with: "\"boot\":\"another\"").write(
                to: journal, atomically: true, encoding: .utf8)
            // And one whose data somebody has removed.
            try FileManager.default.removeItem(atPath: "\(site.storage)/archive/up-2.tmp")
            let next = try await APIProcess.start(site)
            #expect(try files(site).isEmpty)
            #expect((try await next.state(of: "up-1", token: token)).status == 404)
        }
    }

    @Test func twoServersDoNotShareAFolder() async throws {
        try await with { site, _, _ in
            let second = try await runProgram(
                BuiltProducts.path("deadtrees"), ["serve"],
                settings: site.settings.merging(["HTTP_BIND": "127.0.0.1:0", "JWT_SECRET": "x"]) { $1 })
            #expect(second.status == 1)
            #expect(second.output.contains("another server takes in uploads in the same folder"))
        }
    }
}
