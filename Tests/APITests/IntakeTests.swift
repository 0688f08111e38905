import DB
import Foundation
import TestSupport
import Testing

/// From a complete upload to a dataset, and what is in the way.
@Suite(.enabled(if: TestDatabase.isAvailable, "run the tests through make test"), .serialized)
struct IntakeTests {
    private func with(
        _ settings: [String: String] = [:], _ body: (Site, APIProcess, String) async throws -> Void
    ) async throws {
        try await Site.with(settings) { site in
            _ = try await site.test.addDataset()
            let server = try await APIProcess.start(site)
            try await body(site, server, try await TestToken.of())
        }
    }

    private func flight() throws -> Data { try Data(contentsOf: URL(fileURLWithPath: SimulatedFlight.path())) }

    private func files(_ site: Site, _ folder: String) throws -> [String] {
        try FileManager.default.subpathsOfDirectory(atPath: "\(site.storage)/\(folder)").sorted()
    }

    @Test func aFlightIsUnpackedAndDescribed() async throws {
        try await with { site, server, token in
            let answer = try await server.upload(flight(), "f", name: "flight.zip", token: token)
            let id = try #require(answer.json["id"] as? Int, "\(answer.text)")
            let stored = try files(site, "raw_images/\(id)")
            #expect(stored.contains("\(id).zip"))
            #expect(stored.filter { $0.hasPrefix("images/") }.count == 8)
            let row = try await site.test.sql("SELECT * FROM v2_raw_images WHERE dataset_id = $1", [.int(id)])[0]
            #expect(try row.get("raw_image_count") == 8)
            #expect(try row.get("raw_images_path") == "raw_images/\(id)")
            let metadata: String = try row.get("camera_metadata")
            #expect(metadata.contains("image_set") && metadata.contains("gps"))
            // The flight's own date, for the client sent none.
            #expect(answer.json["aquisition_year"] as? Int != nil)
            #expect(try await site.test.sql("SELECT FROM v2_queue").isEmpty)
        }
    }

    @Test(.enabled(if: SampleData.root != nil))
    func rtkFilesLieBesideThePhotos() async throws {
        let folder = try #require(BuiltProducts.sharedData("rtk/brighton_synthetic_rtk"))
        try await with { site, server, token in
            let archive = "\(site.folder)/rtk.zip"
            let zipped = try await runProgram("/usr/bin/env", ["python3", "-m", "zipfile", "-c", archive, folder])
            try #require(zipped.status == 0, "\(zipped.output)")
            let answer = try await server.upload(
                Data(contentsOf: URL(fileURLWithPath: archive)), "f", name: "rtk.zip", token: token)
            let id = try #require(answer.json["id"] as? Int, "\(answer.text)")
            #expect(try files(site, "raw_images/\(id)").contains { $0.lowercased().hasSuffix(".mrk") })
            let row = try await site.test.sql("SELECT * FROM v2_raw_images WHERE dataset_id = $1", [.int(id)])[0]
            #expect(try row.get("has_rtk_data"))
            #expect(try row.get("rtk_file_count") > 0)
            #expect(try row.get("raw_image_count") == 6)
        }
    }

    @Test func storageMayBeAnSSHServer() async throws {
        try await Site.with { site in
            guard let address = site.sftpStorage else { return }
            var site = site
            site.settings["STORAGE_URL"] = address
            _ = try await site.test.addDataset()
            let server = try await APIProcess.start(site)
            let token = try await TestToken.of()
            let photos = try await server.upload(flight(), "f", name: "flight.zip", token: token)
            let id = try #require(photos.json["id"] as? Int, "\(photos.text)")
            #expect(try files(site, "raw_images/\(id)/images").count == 8)
            let ortho = try Data(contentsOf: URL(fileURLWithPath: SimulatedFlight.truth()))
            let raster = try await server.upload(ortho, "r", token: token)
            let second = try #require(raster.json["id"] as? Int, "\(raster.text)")
            #expect(try Data(contentsOf: URL(fileURLWithPath: "\(site.storage)/archive/\(second)_ortho.tif")) == ortho)
            let left = try FileManager.default.subpathsOfDirectory(atPath: "\(site.work)/uploads")
            #expect(left.filter { $0.contains("upload-") || $0.hasSuffix(".tmp") }.isEmpty, "\(left)")
        }
    }

    /// What is no GeoTIFF or no set of photos is refused with a sentence, and leaves nothing.
    @Test func whatCannotBeUsedIsRefused() async throws {
        try await with { site, server, token in
            let ortho = try Data(contentsOf: URL(fileURLWithPath: SimulatedFlight.truth()))
            let cases: [(String, Data, String)] = [
                ("a.tif", Data("no raster at all".utf8), "raster_"),
                ("a.tif", ortho.prefix(ortho.count / 2), "raster_"),
                ("a.zip", Data("no archive at all".utf8), "zip_invalid"),
                ("a.zip", try flight().dropLast(9), "zip_invalid"),
                ("a.zip", HostileZip.deflate64, "zip_unsupported_method"),
                ("a.zip", HostileZip.climbing, "zip_name_unsafe"),
                ("a.zip", HostileZip.empty, "too_few_photos"),
            ]
            for (index, (name, bytes, code)) in cases.enumerated() {
                let answer = try await server.upload(bytes, "bad-\(index)", name: name, token: token)
                #expect(answer.status == 400, "\(index): \(answer.text)")
                #expect((answer.json["code"] as? String)?.hasPrefix(code) == true, "\(index): \(answer.text)")
                #expect(!answer.detail.contains(".tmp") && !answer.detail.contains(site.folder), "\(answer.detail)")
            }
            #expect(try await site.test.sql("SELECT FROM v2_datasets").count == 1)
            #expect(try await site.test.sql("SELECT FROM v2_uploads").isEmpty)
            #expect(try files(site, "").filter { $0.contains("upload-") || $0.hasSuffix(".tmp") }.isEmpty)
        }
    }

    /// The platform's tables have the last word.
    @Test func whatTheDatabaseRefusesIsSaid() async throws {
        try await with { site, server, _ in
            let stranger = try await TestToken.of(UUID())
            let ortho = try Data(contentsOf: URL(fileURLWithPath: SimulatedFlight.truth()))
            let answer = try await server.upload(ortho, "x", token: stranger)
            #expect(answer.status == 400)
            #expect(answer.detail.hasPrefix("Error creating dataset entry: "), "\(answer.detail)")
            // What has arrived stays, should it be the operator's fault.
            #expect(try files(site, "archive") == ["x.parts", "x.tmp"])
        }
    }

    /// The operator's mistake must not cost an upload.
    @Test func aUserWithoutTheRolesLosesNobodysUpload() async throws {
        try await Site.with { site in
            _ = try await site.test.addDataset(fileName: "another.zip")
            let role = "api_\(UUID().uuidString.prefix(8).lowercased())"
            try await site.test.sql("CREATE ROLE \(role) LOGIN")
            var address = try #require(URLComponents(string: site.test.url))
            address.user = role
            let server = try await APIProcess.start(site, ["DATABASE_URL": address.string ?? ""])
            let (token, ortho) = (
                try await TestToken.of(), try Data(contentsOf: URL(fileURLWithPath: SimulatedFlight.truth()))
            )
            #expect((try await server.call("GET", "/readyz")).status == 503)
            let refused = try await server.upload(ortho, "x", token: token)
            #expect(refused.status == 503, "\(refused.text)")
            #expect(refused.json["code"] as? String == "api_roles")
            try await site.test.sql("GRANT authenticated, service_role TO \(role)")
            #expect((try await server.call("GET", "/readyz")).status == 200)
            let pieces = ortho.pieces(of: 1 << 20)
            let last = Form(pieces.count - 1, of: pieces.count, "x", pieces.last ?? Data())
            let answer = try await server.send(last, token: token)
            #expect(answer.status == 200, "\(answer.text)")
            server.send(SIGTERM)
            #expect(try await server.exitStatus() == 0)
            try await site.test.sql("DROP ROLE \(role)")
        }
    }
}

/// Archives that no program of good will makes. What else there is to try is in the tests of Imagery.
enum HostileZip {
    static let empty = Data([0x50, 0x4B, 5, 6] + [UInt8](repeating: 0, count: 18))
    static let deflate64 = entry("a.jpg", method: 9)
    static let climbing = entry("../../a.jpg", method: 0)

    /// One entry of four bytes.
    private static func entry(_ name: String, method: UInt8) -> Data {
        let name = Array(name.utf8)
        let length = UInt8(name.count)
        let facts: [UInt8] = [method, 0, 0, 0, 0x21, 0, 0, 0, 0, 0, 4, 0, 0, 0, 4, 0, 0, 0, length, 0, 0, 0]
        let local: [UInt8] = [0x50, 0x4B, 3, 4, 20, 0, 0, 0] + facts + name + [1, 2, 3, 4]
        let central: [UInt8] =
            [0x50, 0x4B, 1, 2, 20, 0, 20, 0, 0, 0] + facts + [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0] + name
        let end: [UInt8] =
            [
                0x50, 0x4B, 5, 6, 0, 0, 0, 0, 1, 0, 1, 0, UInt8(central.count), 0, 0, 0, UInt8(local.count), 0, 0, 0, 0,
                0,
            ]
        return Data(local + central + end)
    }
}
