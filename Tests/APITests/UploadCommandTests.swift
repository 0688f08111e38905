import DB
import Foundation
import TestSupport
import Testing

/// `deadtrees upload` against a real server, which is not always there.
@Suite(.enabled(if: TestDatabase.isAvailable, "run the tests through make test"), .serialized)
struct UploadCommandTests {
    private func with(_ body: (Site, APIProcess, String) async throws -> Void) async throws {
        try await Site.with { site in
            _ = try await site.test.addDataset(fileName: "another.zip")
            let flight = "\(site.folder)/flight.zip"
            try FileManager.default.copyItem(atPath: SimulatedFlight.path(), toPath: flight)
            try await body(site, try await APIProcess.start(site), flight)
        }
    }

    private func settings(_ port: UInt16) async throws -> [String: String] {
        ["DEADTREES_SERVER": "http://127.0.0.1:\(port)/api/v1", "DEADTREES_TOKEN": try await TestToken.of()]
    }

    private let arguments = ["--author", "Ada", "--chunk-size", "256KiB", "--json"]

    /// The dataset's ZIP, as the server has it.
    private func stored(_ site: Site) async throws -> Data {
        let ids = try await site.test.sql("SELECT id FROM v2_datasets WHERE file_name = 'flight.zip'")
        #expect(ids.count == 1)
        let id: Int64 = try #require(try ids.first?.get("id"))
        return try Data(contentsOf: URL(fileURLWithPath: "\(site.storage)/raw_images/\(id)/\(id).zip"))
    }

    @Test func aFileIsUploadedAndQueued() async throws {
        try await with { site, server, flight in
            let command =
                ["upload", flight, "--date", "2021-06", "--process", "odm_processing,geotiff", "--priority", "4"]
                + arguments
            let end = try await runProgram(BuiltProducts.path("deadtrees"), command, settings: settings(server.port))
            #expect(end.status == 0, "\(end.output)")
            #expect(try await stored(site) == Data(contentsOf: URL(fileURLWithPath: flight)))
            let row = try #require(try await site.test.sql("SELECT * FROM v2_queue").first)
            #expect(try row.get("task_types") == ["odm_processing", "geotiff"])
            #expect(try row.get("priority") == 4)
            #expect(try await site.test.sql("SELECT FROM v2_datasets WHERE aquisition_year = 2021").count == 1)
            // The same again is no second dataset.
            let again = try await runProgram(
                BuiltProducts.path("deadtrees"), ["upload", flight] + arguments, settings: settings(server.port))
            #expect(again.status == 0, "\(again.output)")
            _ = try await stored(site)
        }
    }

    /// Ctrl-C on one line that is slow, then the same command.
    @Test func itGoesOnAfterAnInterruption() async throws {
        try await with { site, server, flight in
            let proxy = try TCPProxy(upstream: server.port)
            defer { proxy.close() }
            proxy.become(.delay(.milliseconds(30)))
            let process = Process()
            process.executableURL = URL(fileURLWithPath: BuiltProducts.path("deadtrees"))
            process.arguments = ["upload", flight, "--parallel", "1"] + arguments
            process.environment = ProcessInfo.processInfo.environment.merging(try await settings(proxy.port)) { $1 }
            process.standardOutput = FileHandle.nullDevice
            process.standardError = FileHandle.nullDevice
            try process.run()
            let folder = "\(site.storage)/raw_images"
            try await waitUntil("some chunks have come") {
                try FileManager.default.contentsOfDirectory(atPath: folder).contains { name in
                    name.hasSuffix(".parts")
                        && (try? String(contentsOfFile: "\(folder)/\(name)", encoding: .utf8))?  // it may just be moved
                            .components(separatedBy: "have ").count ?? 0 > 2
                }
            }
            process.interrupt()
            try await waitUntil("it ends") { !process.isRunning }
            #expect(process.terminationStatus == 1)
            // The address is a part of what tells uploads apart.
            proxy.become(.forward)
            let end = try await runProgram(
                BuiltProducts.path("deadtrees"), ["upload", flight] + arguments, settings: settings(proxy.port))
            #expect(end.status == 0, "\(end.output)")
            #expect(end.output.contains("going on:"), "\(end.output)")
            #expect(try await stored(site) == Data(contentsOf: URL(fileURLWithPath: flight)))
        }
    }

    /// Connections break after every few bytes, and the server is killed once.
    @Test func itOutlivesItsServer() async throws {
        try await with { site, first, flight in
            let proxy = try TCPProxy(upstream: first.port)
            defer { proxy.close() }
            proxy.become(.cutAfter(700_000))
            async let end = runProgram(
                BuiltProducts.path("deadtrees"), ["upload", flight] + arguments, settings: settings(proxy.port))
            try await waitUntil("some has come") { proxy.forwarded > 500_000 }
            try await first.crash()
            let second = try await APIProcess.start(site, ["HTTP_BIND": "127.0.0.1:\(first.port)"])
            let ended = try await end
            #expect(ended.status == 0, "\(ended.output)")
            #expect(try await stored(site) == Data(contentsOf: URL(fileURLWithPath: flight)))
            withExtendedLifetime(second) {}
        }
    }

    @Test func whatTheServerRefusesIsSaid() async throws {
        try await with { site, server, _ in
            let file = "\(site.folder)/none.zip"
            try Data("no archive".utf8).write(to: URL(fileURLWithPath: file))
            let refused = try await runProgram(
                BuiltProducts.path("deadtrees"), ["upload", file] + arguments, settings: settings(server.port))
            #expect(refused.status == 1)
            #expect(refused.output.contains("Invalid ZIP archive"), "\(refused.output)")
            var stranger = try await settings(server.port)
            stranger["DEADTREES_TOKEN"] = "x.y.z"
            let unknown = try await runProgram(
                BuiltProducts.path("deadtrees"), ["upload", file] + arguments, settings: stranger)
            #expect(unknown.status == 1)
            #expect(unknown.output.contains("Invalid token") && !unknown.output.contains("x.y.z"), "\(unknown.output)")
        }
    }
}
