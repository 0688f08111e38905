import DB
import Foundation
import TestSupport
import Testing

/// A real `deadtrees worker` process, on a database and in folders of its own.
final class WorkerProcess {
    private let process = Process()
    private let output: String

    var isRunning: Bool { process.isRunning }
    var pid: Int32 { process.processIdentifier }
    var log: String { (try? String(contentsOfFile: output, encoding: .utf8)) ?? "" }

    init(_ site: Site, _ arguments: [String] = [], _ settings: [String: String] = [:]) throws {
        output = "\(site.folder)/worker-\(UUID().uuidString).log"
        _ = FileManager.default.createFile(atPath: output, contents: nil)
        process.executableURL = URL(fileURLWithPath: BuiltProducts.path("deadtrees"))
        process.arguments = ["worker"] + arguments
        process.environment = ProcessInfo.processInfo.environment
            .merging(site.settings) { $1 }.merging(settings) { $1 }
        let log = try #require(FileHandle(forWritingAtPath: output))
        process.standardOutput = log
        process.standardError = log
        try process.run()
    }

    /// Waits for the process, and returns its exit status; negative for a signal.
    func exitStatus(within limit: Duration = .seconds(120)) async throws -> Int32 {
        try await waitUntil(within: limit, "worker did not end: \(log.suffix(2000))") { !process.isRunning }
        if process.isRunning { kill(pid, SIGKILL) }
        process.waitUntilExit()
        return process.terminationReason == .exit ? process.terminationStatus : -process.terminationStatus
    }

    func send(_ signal: Int32) { kill(pid, signal) }
}

/// A database, a storage folder and a scratch folder, thrown away together.
struct Site {
    let test: TestDatabase
    let folder: String
    var settings: [String: String]

    var storage: String { "\(folder)/storage" }
    var work: String { "\(folder)/work" }

    static func with(_ settings: [String: String] = [:], _ body: (Site) async throws -> Void) async throws {
        let folder = NSTemporaryDirectory() + "deadtrees-worker-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: "\(folder)/storage", withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }  // A leftover in /tmp fails no test.
        try await TestDatabase.with { test in
            let own = [
                "DATABASE_URL": test.url, "STORAGE_URL": "file://\(folder)/storage", "WORK_DIR": "\(folder)/work",
                "ODM_IMAGE": "deadtrees/orthopreview", "WORKER_NAME": "w-\(UUID().uuidString.prefix(8))",
                "ODM_MEMORY": "2GiB", "POLL_INTERVAL": "5s",
            ]
            try await body(Site(test: test, folder: folder, settings: own.merging(settings) { $1 }))
        }
    }

    /// A dataset with `photos` (a folder or a ZIP) as its raw images.
    func addRawDataset(_ photos: String) async throws -> Int64 {
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

    func status(_ dataset: Int64) async throws -> Row {
        try await test.sql("SELECT * FROM v2_statuses WHERE dataset_id = $1", [.int(dataset)])[0]
    }

    /// `task_type outcome` of every run, in order.
    func history(_ dataset: Int64) async throws -> [String] {
        try await test.sql(
            "SELECT task_type || ' ' || coalesce(outcome, 'running') AS line FROM v2_task_runs WHERE dataset_id = $1 ORDER BY id",
            [.int(dataset)]
        ).map { try $0.get("line") }
    }
}
