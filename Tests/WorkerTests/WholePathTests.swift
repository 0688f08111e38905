import DB
import Foundation
import TestSupport
import Testing

/// From a row of v2_queue to an orthophoto, a COG and a thumbnail, with everything real.
@Suite(
    .enabled(if: TestDatabase.isAvailable, "DATABASE_URL is not set: run the tests through make test"),
    .enabled(if: Docker.isAvailable, Docker.whyNot), .serialized)
struct WholePathTests {
    private static let types = ["odm_processing", "geotiff", "metadata", "cog", "thumbnail"]
    private static let flags = ["is_odm_done", "is_ortho_done", "is_metadata_done", "is_cog_done", "is_thumbnail_done"]

    @Test(arguments: [PhotoSet.simulated, .brightonFolder, .brightonArchive])
    func photosBecomeMaps(_ set: PhotoSet) async throws {
        guard let photos = try set.path() else {
            return print("skipped \(set): the sample data is not on this machine")
        }
        try await Site.with { site in
            let dataset = try await site.addRawDataset(photos)
            _ = try await site.test.enqueue(dataset, Self.types)
            let worker = try WorkerProcess(site, ["--once"])
            #expect(try await worker.exitStatus(within: .seconds(300)) == 0, "\(worker.log)")

            let status = try await site.status(dataset)
            for flag in Self.flags { #expect(try status.get(flag, as: Bool.self), "\(flag)") }
            #expect(try status.get("has_error", as: Bool.self) == false)
            #expect(try status.get("current_status", as: String.self) == "idle")
            #expect(try await site.history(dataset) == Self.types.map { "\($0) succeeded" })
            try await checkFiles(site, dataset)
            try await checkRows(site, dataset, set)
        }
    }

    /// The same over SSH: what the stages read and write goes to another host and comes from there.
    @Test(.enabled(if: SSHServer.isAvailable, "no SSH server: run the tests through make test"))
    func photosBecomeMapsOnAStorageServer() async throws {
        let photos = try #require(try PhotoSet.simulated.path())
        try await Site.with { plain in
            var site = plain
            let address: String = try #require(site.sftpStorage)
            site.settings["STORAGE_URL"] = address
            let dataset = try await site.addRawDataset(photos)
            let row = try await site.test.enqueue(dataset, Self.types)
            let worker = try WorkerProcess(site, ["--once"])
            #expect(try await worker.exitStatus(within: .seconds(300)) == 0, "\(worker.log)")
            #expect(try await site.history(dataset) == Self.types.map { "\($0) succeeded" })
            try await checkFiles(site, dataset)
            try await checkRows(site, dataset, .simulated)
            let checksums = try FileManager.default.subpathsOfDirectory(atPath: "\(site.storage)/checksums")
            #expect(checksums.contains("archive/\(dataset)_ortho.tif.sha256"), "\(row): \(checksums)")
            #expect(try FileManager.default.contentsOfDirectory(atPath: "\(site.storage)/incoming").isEmpty)
        }
    }

    private func checkFiles(_ site: Site, _ dataset: Int64) async throws {
        let rows = try await site.test.sql(
            """
            SELECT cog_path, thumbnail_path, cog_info->>'COG' AS is_cog, cog_info->'GEO'->>'CRS' AS crs,
              jsonb_array_length(cog_info->'IFD') AS levels
            FROM v2_cogs JOIN v2_thumbnails USING (dataset_id) WHERE dataset_id = $1
            """, [.int(dataset)])
        let row = try #require(rows.first)
        for path in [
            "archive/\(dataset)_ortho.tif", "cogs/\(try row.get("cog_path", as: String.self))",
            "thumbnails/\(try row.get("thumbnail_path", as: String.self))",
            try "thumbnails/\(row.get("thumbnail_path", as: String.self))".replacing("_thumbnail", with: "_preview"),
            "logs/\(dataset)/odm-1.log",
        ] {
            #expect(FileManager.default.fileExists(atPath: "\(site.storage)/\(path)"), "\(path)")
        }
        #expect(try row.get("is_cog", as: String.self) == "true")
        #expect(try row.get("crs", as: String.self) == "EPSG:3857")
        #expect(try row.get("levels", as: Int.self) > 1)
        let leftovers = try FileManager.default.contentsOfDirectory(atPath: site.work).filter { $0 != ".workers" }
        #expect(leftovers.isEmpty)
    }

    private func checkRows(_ site: Site, _ dataset: Int64, _ set: PhotoSet) async throws {
        let rows = try await site.test.sql(
            """
            SELECT r.raw_image_count, d.aquisition_year, o.ortho_info->'GEO'->>'CRS' AS crs, m.metadata ? 'gadm' AS has_gadm,
              (m.metadata->'image'->>'gsd_cm')::float8 AS gsd, (m.metadata->'image'->>'area_ha')::float8 AS area,
              (m.metadata->'flight'->>'photos')::int AS photos,
              ST_Y(ST_Centroid(o.bbox::geometry)) AS latitude, ST_X(ST_Centroid(o.bbox::geometry)) AS longitude,
              p.ortho_processing_runtime > 0 AS has_runtime,
              (SELECT count(*) FROM v2_queue) AS waiting, (SELECT count(*) FROM v2_queue_lease) AS leases
            FROM v2_datasets d JOIN v2_raw_images r ON r.dataset_id = d.id JOIN v2_orthos o ON o.dataset_id = d.id
            JOIN v2_orthos_processed p ON p.dataset_id = d.id JOIN v2_metadata m ON m.dataset_id = d.id WHERE d.id = $1
            """, [.int(dataset)])
        let row = try #require(rows.first)
        #expect(try row.get("raw_image_count", as: Int.self) == set.photos)
        #expect(try row.getIfPresent("aquisition_year", as: Int.self) != nil)
        #expect(try row.get("has_gadm", as: Bool.self))
        #expect(try row.get("has_runtime", as: Bool.self))
        #expect(try row.get("gsd", as: Double.self) > 1 && row.get("area", as: Double.self) > 0.05)
        #expect(try row.get("photos", as: Int.self) == set.photos)
        #expect(try row.get("waiting", as: Int.self) == 0)
        #expect(try row.get("leases", as: Int.self) == 0)
        guard set == .brightonFolder else { return }
        #expect(try row.get("crs", as: String.self) == "EPSG:32615")
        // Ten metres are 0.00009 degrees of latitude, and 0.00013 of longitude at 47 degrees north.
        #expect(abs(try row.get("latitude", as: Double.self) - 46.84266) < 0.00009)
        #expect(abs(try row.get("longitude", as: Double.self) + 91.99401) < 0.00013)
    }
}

/// The SSH server of scripts/services.
enum SSHServer {
    static let isAvailable = ProcessInfo.processInfo.environment["DEADTREES_TEST_SFTP_URL"] != nil
}

/// What the whole path is tried on.
enum PhotoSet: String, Sendable, CustomTestStringConvertible {
    case simulated, brightonFolder, brightonArchive

    var testDescription: String { rawValue }

    var photos: Int {
        switch self {
        case .simulated: 8
        case .brightonFolder: 18
        case .brightonArchive: 3
        }
    }

    /// Nil where the sample data is not at hand.
    func path() throws -> String? {
        switch self {
        case .simulated: try SimulatedFlight.path()
        case .brightonFolder: BuiltProducts.sharedData("brighton_beach/images")
        case .brightonArchive: BuiltProducts.sharedData("zips/brighton_3images.zip")
        }
    }
}
