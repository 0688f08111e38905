import DB
import Failures
import Foundation
import Logging
import NativeChild
import Storage
import Synchronization
import TestSupport
import Testing

@testable import Tasks

/// Files that do not lie on this host, as far as anybody can tell.
private struct FarStorage: Storage {
    let base: LocalStorage

    func fetch(_ path: StoragePath, to local: String, progress: @escaping TransferReport) async throws {
        try await base.fetch(path, to: local, progress: progress)
    }
    func store(
        _ local: String, as path: StoragePath, claim: StoreClaim, progress: @escaping TransferReport
    ) async throws {
        try await base.store(local, as: path, claim: claim, progress: progress)
    }
    func write(_ bytes: Data, at offset: Int64, of path: StoragePath) async throws {
        try await base.write(bytes, at: offset, of: path)
    }
    func read(_ path: StoragePath, from offset: Int64, atMost count: Int) async throws -> Data {
        try await base.read(path, from: offset, atMost: count)
    }
    func stat(_ path: StoragePath) async throws -> StoredFile? { try await base.stat(path) }
    func list(_ folder: StoragePath) async throws -> [StoredFile] { try await base.list(folder) }
    func discard(_ path: StoragePath) async throws { try await base.discard(path) }
    func remove(_ path: StoragePath) async throws { try await base.remove(path) }
    func rename(_ path: StoragePath, to new: StoragePath) async throws { try await base.rename(path, to: new) }
    func makeDirectories(_ folder: StoragePath) async throws { try await base.makeDirectories(folder) }
    func facts() async throws -> StorageFacts { try await base.facts() }
    var width: Int { 3 }
}

@Suite(.enabled(if: TestDatabase.isAvailable, "DATABASE_URL is not set: run the tests through make test"))
struct RawPhotosTests {
    /// A claimed row, storage with some files, and an empty scratch folder.
    private func withStage(
        path: String?, files: [String], isRemote: Bool = false, _ body: (StageContext) async throws -> Void
    ) async throws {
        let base = FileManager.default.temporaryDirectory.appending(path: "raw-\(UUID().uuidString)").path
        defer { try? FileManager.default.removeItem(atPath: base) }  // the system clears its temporary folder too
        try await TestDatabase.with { test in
            let storage = LocalStorage(root: "\(base)/storage")
            try FileManager.default.createDirectory(atPath: base, withIntermediateDirectories: true)
            for file in files {
                try Data(file.utf8).write(to: URL(fileURLWithPath: "\(base)/file"))
                try await storage.store("\(base)/file", as: StoragePath(file), progress: { _ in })
            }
            let dataset = try await test.addDataset()
            if let path {
                let insert = """
                    INSERT INTO v2_raw_images (dataset_id, raw_image_count, raw_image_size_mb, raw_images_path)
                    VALUES ($1, 1, 1, $2)
                    """
                try await test.sql(insert, [.int(dataset), .text(path)])
            }
            _ = try await test.enqueue(dataset, ["odm_processing"])
            let worker = try await test.addWorker("w", types: [.odmProcessing])
            let jobs = try await test.queue.claim(
                for: worker, taskTypes: [.odmProcessing], limit: 1, lease: .seconds(90))
            let job = try #require(jobs.first)
            try await body(
                StageContext(
                    job: job, scratch: ScratchFolder(in: "\(base)/work", queueID: job.queueID, attempt: 1).make(),
                    queue: test.queue, storage: isRemote ? FarStorage(base: storage) : storage, native: NativeRunner(),
                    logger: Logger(label: "test"),
                    isWorkerStopping: { false }, report: { _, _ in }))
        }
    }

    private func content(_ path: String) throws -> String { try String(contentsOfFile: path, encoding: .utf8) }

    @Test(arguments: ["raw_images/1.zip", "/data/of/another/host/raw_images/1.zip"])
    func aZIPIsFetchedAsItIs(_ recorded: String) async throws {
        try await withStage(path: recorded, files: ["raw_images/1.zip"], isRemote: true) { stage in
            let source = try await RawPhotos(stage: stage).fetch { _ in }
            #expect(source == RawPhotos.Source(path: stage.scratch.file("raw.zip"), isCopy: true))
            #expect(try content(source.path) == "raw_images/1.zip")
        }
    }

    @Test(arguments: ["raw_images/1.zip", "/data/of/another/host/raw_images/1.zip"])
    func aZIPOnThisHostIsReadWhereItIs(_ recorded: String) async throws {
        try await withStage(path: recorded, files: ["raw_images/1.zip"]) { stage in
            let source = try await RawPhotos(stage: stage).fetch { _ in }
            #expect(source.path.hasSuffix("/storage/raw_images/1.zip") && !source.isCopy)
            #expect(try content(source.path) == "raw_images/1.zip")
            #expect(!stage.scratch.has("raw.zip"))
        }
    }

    @Test func aFolderIsFetchedWithItsFoldersButWithoutTheZIPBeside() async throws {
        let wanted = ["images/DJI_0001.JPG", "images/second/DJI_0001.JPG", "flight.MRK"]
        let files = (wanted + ["1.ZIP", "images/old.zip"]).map { "raw_images/1/\($0)" }
        try await withStage(path: "raw_images/1", files: files) { stage in
            let progress = Mutex<[Double]>([])
            let source = try await RawPhotos(stage: stage).fetch { value in progress.withLock { $0.append(value.share) }
            }
            // Never linked: what ODM does to its photos must not reach what is stored.
            #expect(source.isCopy && source.path == stage.scratch.file("raw"))
            let local = source.path
            for name in wanted { #expect(try content("\(local)/\(name)") == "raw_images/1/\(name)") }
            #expect(!FileManager.default.fileExists(atPath: "\(local)/1.ZIP"))
            #expect(!FileManager.default.fileExists(atPath: "\(local)/images/old.zip"))
            let values = progress.withLock { $0 }
            #expect(values == values.sorted() && values.last == 1)
        }
    }

    @Test func aDatasetWithoutPhotosIsToldSo() async throws {
        try await withStage(path: nil, files: []) { stage in
            let failure = try await #require(throws: Failure.self) { try await RawPhotos(stage: stage).fetch { _ in } }
            #expect(failure.code == "no_raw_images" && failure.retry == .never)
        }
        try await withStage(path: "raw_images/9.zip", files: []) { stage in
            let failure = try await #require(throws: Failure.self) { try await RawPhotos(stage: stage).fetch { _ in } }
            #expect(failure.code == "raw_images_gone" && failure.retry == .never)
            #expect(failure.sentence.contains("raw_images/9.zip"))
        }
    }
}
