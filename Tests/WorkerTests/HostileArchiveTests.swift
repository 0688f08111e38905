import DB
import Foundation
import TestSupport
import Testing

/// What strangers upload, through the same door: a sentence for the researcher, and the worker goes on.
@Suite(
    .enabled(if: TestDatabase.isAvailable, "DATABASE_URL is not set: run the tests through make test"),
    .enabled(if: Docker.isAvailable, Docker.whyNot), .serialized)
struct HostileArchiveTests {
    @Test func eachGetsItsSentenceAndNoneStopsTheNext() async throws {
        try await Site.with { site in
            let cases = try Self.cases(in: site.folder)
            var datasets: [Int64] = []
            for hostile in cases {
                let dataset = try await site.addRawDataset(hostile.path)
                _ = try await site.test.enqueue(dataset, ["odm_processing", "geotiff"])
                datasets.append(dataset)
            }
            let good = try await site.test.addDataset()
            try await site.addBoundingBoxes()
            _ = try await site.test.enqueue(good, ["metadata"], priority: 1)

            #expect(try await WorkerProcess(site, ["--once"]).exitStatus() == 1)
            for (hostile, dataset) in zip(cases, datasets) {
                let status = try await site.status(dataset)
                #expect(try status.get("has_error", as: Bool.self), "\(hostile.sentence)")
                let message = try status.getIfPresent("error_message", as: String.self) ?? ""
                #expect(message.hasPrefix("odm_processing failed: "))
                #expect(message.contains(hostile.sentence), "\(message)")
                #expect(!message.contains(site.folder), "a path of the host shows: \(message)")
                // Nothing that a retry could help, so there was none.
                #expect(try await site.history(dataset) == ["odm_processing failed"])
            }
            #expect(try await site.history(good) == ["metadata succeeded"])
            #expect(try await site.test.sql("SELECT FROM v2_queue").isEmpty)
            #expect(!FileManager.default.fileExists(atPath: "\(site.folder)/escaped.jpg"))
        }
    }

    private struct Hostile {
        let path: String
        let sentence: String
    }

    private static func cases(in folder: String) throws -> [Hostile] {
        let flight = try Data(contentsOf: URL(fileURLWithPath: SimulatedFlight.path()))
        func write(_ name: String, _ data: Data) throws -> String {
            let path = "\(folder)/\(name).zip"
            try data.write(to: URL(fileURLWithPath: path))
            return path
        }
        // The first entry's name, where it stands in its local header and again in the directory.
        let name = try #require(flight.firstRange(of: Data(".JPG".utf8)))
        let entry = flight[30..<name.upperBound]
        let climbing = Data("../".utf8) + Data(repeating: UInt8(ascii: "x"), count: entry.count - 7) + Data(".JPG".utf8)
        var escaping = flight
        while let found = escaping.firstRange(of: entry) { escaping.replaceSubrange(found, with: climbing) }
        return try [
            Hostile(path: write("truncated", flight.prefix(flight.count / 2)), sentence: "invalid ZIP archive"),
            Hostile(path: write("empty", Data()), sentence: "invalid ZIP archive"),
            Hostile(path: write("rubbish", Data(repeating: 0x2a, count: 100_000)), sentence: "invalid ZIP archive"),
            Hostile(path: write("escaping", escaping), sentence: "leads out of its folder"),
        ]
    }
}
