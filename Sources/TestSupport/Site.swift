public import DB
import Foundation

/// A database, a storage folder and a scratch folder, thrown away together.
public struct Site: Sendable {
    public let test: TestDatabase
    public let folder: String
    public var settings: [String: String]

    public var storage: String { "\(folder)/storage" }
    public var work: String { "\(folder)/work" }

    /// The name of its workers, where they get no other.
    public var worker: String { settings["WORKER_NAME"] ?? "" }

    /// A site with a database on the server of the tests.
    public static func with(_ settings: [String: String] = [:], _ body: (Site) async throws -> Void) async throws {
        try await TestDatabase.with { try await with(settings, on: $0, body) }
    }

    /// A site with that database.
    public static func with(
        _ settings: [String: String] = [:], on test: TestDatabase, _ body: (Site) async throws -> Void
    ) async throws {
        let folder = NSTemporaryDirectory() + "deadtrees-worker-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: "\(folder)/storage", withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }  // A leftover in /tmp fails no test.
        let own = [
            "DATABASE_URL": test.url, "STORAGE_URL": "file://\(folder)/storage", "WORK_DIR": "\(folder)/work",
            "ODM_IMAGE": "deadtrees/orthopreview", "WORKER_NAME": "w-\(UUID().uuidString.prefix(8))",
            "ODM_MEMORY": "2GiB", "POLL_INTERVAL": "5s",
        ]
        try await body(Site(test: test, folder: folder, settings: own.merging(settings) { $1 }))
    }

    /// The address of its storage folder on the SSH server of scripts/services, nil where there is none.
    public var sftpStorage: String? {
        ProcessInfo.processInfo.environment["DEADTREES_TEST_SFTP_URL"].flatMap(URLComponents.init(string:)).flatMap {
            var address = $0
            address.path = storage
            return address.string
        }
    }

    /// A dataset with `photos` (a folder or a ZIP) as its raw images.
    public func addRawDataset(_ photos: String) async throws -> Int64 {
        let dataset = try await test.addDataset()
        let isArchive = photos.hasSuffix(".zip")
        let path = isArchive ? "raw_images/\(dataset).zip" : "raw_images/\(dataset)"
        let target = isArchive ? path : "\(path)/images"
        try FileManager.default.createDirectory(
            atPath: ("\(storage)/\(target)" as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
        try FileManager.default.copyItem(atPath: photos, toPath: "\(storage)/\(target)")
        try await test.sql(
            "INSERT INTO v2_raw_images (dataset_id, raw_image_count, raw_image_size_mb, raw_images_path) VALUES ($1, 0, 1, $2)",
            [.int(dataset), .text(path)])
        return dataset
    }

    /// What the metadata stage needs of every dataset.
    public func addBoundingBoxes() async throws {
        try await test.sql(
            """
            INSERT INTO v2_orthos (dataset_id, ortho_file_name, version, ortho_file_size, bbox)
            SELECT id, 'x.tif', 1, 1, 'BOX(8 48,8.1 48.1)' FROM v2_datasets ON CONFLICT DO NOTHING
            """)
    }

    /// The dataset's row of `v2_statuses`.
    public func status(_ dataset: Int64) async throws -> Row {
        try await test.sql("SELECT * FROM v2_statuses WHERE dataset_id = $1", [.int(dataset)])[0]
    }

    /// `task_type outcome` of every run, in order.
    public func history(_ dataset: Int64) async throws -> [String] {
        try await test.sql(
            "SELECT task_type || ' ' || coalesce(outcome, 'running') AS line FROM v2_task_runs WHERE dataset_id = $1 ORDER BY id",
            [.int(dataset)]
        ).map { try $0.get("line") }
    }
}
