import Failures
import Foundation
import Storage
import Synchronization
import Testing

@Suite struct StorageTests {
    @Test(arguments: StorageKind.here) func whatIsStoredIsFetchedAgainAndProgressEndsAtOne(_ kind: StorageKind)
        async throws
    {
        let folder = try StorageFolder(kind)
        let path = try StoragePath("archive/5_ortho.tif")
        let progress = Mutex<[Double]>([])
        let report: TransferReport = { value in progress.withLock { $0.append(value.share) } }
        try await folder.storage.store(folder.write("pixels"), as: path, progress: report)
        try await folder.storage.fetch(path, to: "\(folder.local)/back", progress: report)
        #expect(try String(contentsOfFile: "\(folder.local)/back", encoding: .utf8) == "pixels")
        #expect(progress.withLock { $0.allSatisfy { (0...1).contains($0) } && $0.filter { $0 == 1 }.count >= 2 })
        #expect(folder.files() == ["archive/5_ortho.tif"])
    }

    @Test(arguments: StorageKind.here) func anEmptyFileIsAFile(_ kind: StorageKind) async throws {
        let folder = try StorageFolder(kind)
        let last = Mutex(0.0)
        try await folder.storage.store(folder.write(""), as: StoragePath("logs/1/odm-1.log")) { value in
            last.withLock { $0 = value.share }
        }
        #expect(last.withLock { $0 } == 1)
        #expect(try await folder.storage.stat(StoragePath("logs/1/odm-1.log"))?.bytes == 0)
    }

    @Test(arguments: StorageKind.here) func statTellsFilesFoldersAndNothingApart(_ kind: StorageKind) async throws {
        let folder = try StorageFolder(kind)
        try await folder.store("12345", as: "raw_images/1/images/a.jpg")
        let file = try #require(try await folder.storage.stat(StoragePath("raw_images/1/images/a.jpg")))
        #expect(file.bytes == 5 && !file.isFolder)
        #expect(try await folder.storage.stat(StoragePath("raw_images/1"))?.isFolder == true)
        #expect(try await folder.storage.stat(StoragePath("raw_images/2")) == nil)
        #expect(try await folder.storage.stat(StoragePath("raw_images/1/images/a.jpg/b")) == nil)
    }

    @Test(arguments: StorageKind.here) func listIsSortedAndEmptyWhereThereIsNoFolder(_ kind: StorageKind) async throws {
        let folder = try StorageFolder(kind)
        for name in ["b.jpg", "a.jpg", "c/d.jpg"] { try await folder.store("x", as: "raw_images/1/\(name)") }
        let list = try await folder.storage.list(StoragePath("raw_images/1"))
        #expect(list.map(\.path.name) == ["a.jpg", "b.jpg", "c"])
        #expect(list.map(\.isFolder) == [false, false, true])
        #expect(try await folder.storage.list(StoragePath("raw_images/2")).isEmpty)
        #expect(try await folder.storage.list(StoragePath("raw_images/1/a.jpg")).isEmpty)
    }

    @Test(arguments: StorageKind.here) func aFileIsNeverSeenUnderItsNameBeforeItIsWhole(_ kind: StorageKind)
        async throws
    {
        let folder = try StorageFolder(kind)
        let big = "\(folder.local)/big"
        _ = FileManager.default.createFile(atPath: big, contents: nil)
        // More than one piece of the copy, without taking that much of the disk it is read from.
        truncate(big, 65 << 20)
        let path = try StoragePath("archive/1_ortho.tif")
        try await folder.store("the version before", as: path.text)
        let seen = Mutex<[String]>([])
        try await folder.storage.store(big, as: path) { _ in
            let text = try? folder.text(path.text)  // nil is what a missing file would give
            seen.withLock { $0.append(text.map { String($0.prefix(30)) } ?? "nothing") }
        }
        #expect(seen.withLock { $0.count >= 2 && $0.allSatisfy { $0 == "the version before" } })
        #expect(try await folder.storage.stat(path)?.bytes == 65 << 20)
    }

    @Test(arguments: StorageKind.here) func aHalfWrittenFileIsNotListed(_ kind: StorageKind) async throws {
        let folder = try StorageFolder(kind)
        try await folder.store("x", as: "raw_images/1/a.jpg")
        // As a worker leaves it behind that was killed while it stored a file.
        try Data("x".utf8).write(to: URL(fileURLWithPath: "\(folder.root)/raw_images/1/b.jpg.part-0A1B2C3D"))
        #expect(try await folder.storage.list(StoragePath("raw_images/1")).map(\.path.name) == ["a.jpg"])
    }

    @Test(arguments: StorageKind.here) func aReplacedVersionLandsInTheTrash(_ kind: StorageKind) async throws {
        let folder = try StorageFolder(kind)
        try await folder.store("old", as: "archive/1_ortho.tif")
        try await folder.store("new", as: "archive/1_ortho.tif")
        #expect(try folder.text("archive/1_ortho.tif") == "new")
        let trash = folder.trash()
        #expect(trash.count == 1)
        #expect(try folder.text(try #require(trash.first)) == "old")
        #expect(trash.first?.hasSuffix("_1_ortho.tif") == true)
    }

    @Test(arguments: StorageKind.here) func discardingKeepsEveryFileOfOneNameInTheTrash(_ kind: StorageKind)
        async throws
    {
        let folder = try StorageFolder(kind)
        for number in 0..<50 { try await folder.store("\(number)", as: "cogs/\(number)/1_cog.tif") }
        try await withThrowingTaskGroup { group in
            for number in 0..<50 {
                group.addTask { try await folder.storage.discard(StoragePath("cogs/\(number)/1_cog.tif")) }
            }
            try await group.waitForAll()
        }
        #expect(folder.trash().count == 50)
        try await folder.storage.discard(StoragePath("cogs/0/1_cog.tif"))
        #expect(folder.trash().count == 50)
    }

    @Test(arguments: StorageKind.here) func aFolderIsDiscardedAsAWhole(_ kind: StorageKind) async throws {
        let folder = try StorageFolder(kind)
        for name in ["a.jpg", "b.jpg"] { try await folder.store("x", as: "raw_images/1/images/\(name)") }
        try await folder.storage.discard(StoragePath("raw_images/1"))
        #expect(try await folder.storage.stat(StoragePath("raw_images/1")) == nil)
        #expect(folder.trash().count == 2)
    }

    @Test(arguments: StorageKind.here) func twoStoresOfOneNameLeaveOneWholeFile(_ kind: StorageKind) async throws {
        let folder = try StorageFolder(kind)
        try await withThrowingTaskGroup { group in
            for number in 0..<20 {
                group.addTask {
                    try await folder.store(
                        String(repeating: "\(number % 10)", count: 100_000), as: "archive/1_ortho.tif")
                }
            }
            try await group.waitForAll()
        }
        let text = try folder.text("archive/1_ortho.tif")
        #expect(text.count == 100_000 && Set(text).count == 1)
        #expect(folder.files().allSatisfy { !$0.contains(".part-") })
    }

    @Test(arguments: StorageKind.here) func whatIsRenamedTakesThePlaceOfWhatWasThere(_ kind: StorageKind) async throws {
        let folder = try StorageFolder(kind)
        try await folder.store("new", as: "uploads/7.tif")
        try await folder.store("old", as: "archive/7_ortho.tif")
        try await folder.storage.rename(StoragePath("uploads/7.tif"), to: StoragePath("archive/7_ortho.tif"))
        #expect(try folder.text("archive/7_ortho.tif") == "new")
        #expect(try folder.trash().map(folder.text) == ["old"])
        try await folder.storage.rename(StoragePath("archive/7_ortho.tif"), to: StoragePath("a/new/folder/7.tif"))
        #expect(try folder.text("a/new/folder/7.tif") == "new")
        let failure = try await failure {
            try await folder.storage.rename(StoragePath("archive/7_ortho.tif"), to: StoragePath("b"))
        }
        #expect(failure.code == "not_stored")
    }

    @Test(arguments: StorageKind.here) func whatIsRemovedIsGoneAndMayBeRemovedAgain(_ kind: StorageKind) async throws {
        let folder = try StorageFolder(kind)
        try await folder.store("x", as: "archive/7_ortho.tif")
        for _ in 0..<2 { try await folder.storage.remove(StoragePath("archive/7_ortho.tif")) }
        #expect(folder.files().isEmpty)
        for _ in 0..<2 { try await folder.storage.makeDirectories(StoragePath("raw_images/7/images")) }
        #expect(try await folder.storage.stat(StoragePath("raw_images/7/images"))?.isFolder == true)
    }

    @Test(arguments: StorageKind.here) func aLogGrowsAndIsReadFromWhereOneWas(_ kind: StorageKind) async throws {
        let folder = try StorageFolder(kind)
        let log = try StoragePath("logs/7/odm-1.log")
        try await folder.storage.write(Data("first".utf8), at: 0, of: log)
        // The same bytes once more: whoever sends them may not know that they arrived.
        for _ in 0..<2 { try await folder.storage.write(Data(" second".utf8), at: 5, of: log) }
        #expect(try await folder.storage.read(log, from: 6, atMost: 100) == Data("second".utf8))
        #expect(try await folder.storage.read(log, from: 0, atMost: 5) == Data("first".utf8))
        #expect(try await folder.storage.read(log, from: 12, atMost: 5).isEmpty)
        let failure = try await failure { _ = try await folder.storage.read(StoragePath("logs/8"), from: 0, atMost: 1) }
        #expect(failure.code == "not_stored")
    }

    @Test(arguments: [
        (0, 0, "0 of 0 bytes"), (5, 999, "5 of 999 bytes"), (1_000, 2_500, "1.0 of 2.5 kB"),
        (1_250_000_000, 3_400_000_000, "1.2 of 3.4 GB"),
    ])
    func progressIsToldInBytes(_ done: Int64, _ total: Int64, _ words: String) {
        #expect(TransferProgress(doneBytes: done, totalBytes: total).inWords == words)
    }
}
