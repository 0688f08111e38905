import Failures
import Foundation
import Storage
import Testing

@Suite struct StorageFaultTests {
    @Test(arguments: StorageKind.here) func whatIsNotThereIsNotStored(_ kind: StorageKind) async throws {
        let folder = try StorageFolder(kind)
        let path = try StoragePath("archive/7_ortho.tif")
        let failure = try await failure { try await folder.storage.fetch(path, to: "\(folder.local)/a") { _ in } }
        #expect(failure.code == "not_stored")
        #expect(failure.sentence == "archive/7_ortho.tif is not in storage; upload it again")
        #expect(failure.retry == .never)
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.local).isEmpty)
    }

    @Test(arguments: StorageKind.here) func aFolderIsNoFileToFetch(_ kind: StorageKind) async throws {
        let folder = try StorageFolder(kind)
        try await folder.store("x", as: "archive/1/a")
        let failure = try await failure {
            try await folder.storage.fetch(StoragePath("archive/1"), to: "\(folder.local)/a") { _ in }
        }
        #expect(failure.code == "not_stored")
    }

    @Test(arguments: StorageKind.here) func linksOutOfStorageAreNotFollowed(_ kind: StorageKind) async throws {
        let folder = try StorageFolder(kind)
        try await folder.store("x", as: "archive/1_ortho.tif")
        let secret = try folder.write("secret", "secret")
        try FileManager.default.createSymbolicLink(
            atPath: "\(folder.root)/archive/2_ortho.tif", withDestinationPath: secret)
        let link = try StoragePath("archive/2_ortho.tif")
        #expect(try await folder.storage.stat(link) == nil)
        #expect(try await folder.storage.list(StoragePath("archive")).map(\.path.name) == ["1_ortho.tif"])
        let failure = try await failure { try await folder.storage.fetch(link, to: "\(folder.local)/stolen") { _ in } }
        #expect(failure.code == "not_stored")
        #expect(!FileManager.default.fileExists(atPath: "\(folder.local)/stolen"))
        // Storing replaces the link, and never writes through it.
        try await folder.store("mine", as: link.text)
        #expect(try String(contentsOfFile: secret, encoding: .utf8) == "secret")
        #expect(try await folder.storage.stat(link)?.bytes == 4)
    }

    @Test func aSourceThatIsNotThereLeavesStorageAsItWas() async throws {
        let folder = try StorageFolder()
        try await folder.store("kept", as: "archive/1_ortho.tif")
        let failure = try await failure {
            try await folder.storage.store("\(folder.local)/absent", as: StoragePath("archive/1_ortho.tif")) { _ in }
        }
        #expect(failure.code == "storage_failed")
        #expect(!failure.sentence.contains(folder.local))
        #expect(folder.files() == ["archive/1_ortho.tif"])
    }

    @Test func aRootThatIsNoFolderIsPermanentAndItsPathNotTold() async throws {
        let folder = try StorageFolder()
        let storage = LocalStorage(root: try folder.write("x", "root-file"))
        let failure = try await failure {
            try await storage.store(folder.write("x"), as: StoragePath("archive/1_ortho.tif")) { _ in }
        }
        #expect(failure.code == "storage_failed")
        #expect(failure.retry == .never)
        #expect(failure.sentence.contains("archive/1_ortho.tif") && failure.sentence.contains("Not a directory"))
        #expect(!failure.sentence.contains(folder.local))
    }

    @Test(.enabled(if: Mounted.isAllowed, "only root may mount a small disk"))
    func aFullDiskSaysSoAndNothingIsLeft() async throws {
        let folder = try StorageFolder()
        let disk = try Mounted(at: folder.root, options: "size=1m")
        defer { disk.unmount() }
        try await folder.store("kept", as: "archive/1_ortho.tif")
        let big = "\(folder.local)/big"
        try Data(count: 4 << 20).write(to: URL(fileURLWithPath: big))
        let failure = try await failure {
            try await folder.storage.store(big, as: StoragePath("archive/1_ortho.tif")) { value in
                #expect(value.share < 1)
            }
        }
        #expect(failure.code == "storage_full")
        #expect(failure.retry == .later)
        #expect(folder.files() == ["archive/1_ortho.tif"])
        #expect(try folder.text("archive/1_ortho.tif") == "kept")
        try await folder.store("fits", as: "archive/2_ortho.tif")
    }

    @Test(.enabled(if: Mounted.isAllowed, "only root may mount a small disk"))
    func aReadOnlyDiskIsWorthARetry() async throws {
        let folder = try StorageFolder()
        let disk = try Mounted(at: folder.root, options: "ro")
        defer { disk.unmount() }
        let failure = try await failure { try await folder.store("x", as: "archive/1_ortho.tif") }
        #expect(failure.code == "storage_failed")
        #expect(failure.retry == .later)
        #expect(failure.sentence.contains("Read-only file system"))
    }

    @Test(.enabled(if: geteuid() != 0, "root may write everywhere"))
    func aRootThatMayNotBeWrittenIsPermanent() async throws {
        let folder = try StorageFolder()
        try FileManager.default.createDirectory(atPath: folder.root, withIntermediateDirectories: true)
        chmod(folder.root, 0o500)
        defer { chmod(folder.root, 0o700) }
        let failure = try await failure { try await folder.store("x", as: "archive/1_ortho.tif") }
        #expect(failure.code == "storage_failed")
        #expect(failure.retry == .never)
    }
}

/// A disk in memory.
struct Mounted {
    private let path: String

    static let isAllowed: Bool = {
        guard geteuid() == 0 else { return false }
        let path = FileManager.default.temporaryDirectory.appending(path: "mount-\(UUID().uuidString)").path
        defer { rmdir(path) }
        guard let disk = try? Mounted(at: path, options: "size=64k") else { return false }  // a container may forbid it
        disk.unmount()
        return true
    }()

    init(at path: String, options: String) throws {
        self.path = path
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        try Self.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", path])
    }

    func unmount() {
        // One that stays is the system's to clear away.
        try? Self.run(["umount", "-l", path])
    }

    private static func run(_ words: [String]) throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = words
        process.standardError = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { throw CocoaError(.fileWriteUnknown) }
    }
}
