import Failures
import Foundation
import Tasks
import Testing

@Suite struct ScratchFolderTests {
    private func withWorkFolder(_ body: (String) throws -> Void) throws {
        let path = FileManager.default.temporaryDirectory.appending(path: "work-\(UUID().uuidString)").path
        defer { try? FileManager.default.removeItem(atPath: path) }  // the system clears its temporary folder too
        try body(path)
    }

    private func names(_ folder: String) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
    }

    @Test func eachAttemptHasItsFolder() throws {
        try withWorkFolder { work in
            let scratch = try ScratchFolder(in: work, queueID: 7, attempt: 2).make()
            #expect(scratch.path == "\(work)/7-2")
            #expect(try names(work) == ["7-2"])
            #expect(!scratch.has("odm"))
            #expect(try scratch.folder("odm/a") == "\(work)/7-2/odm/a")
            #expect(scratch.has("odm"))
            // The attempt may go on in a worker that was restarted.
            #expect(try ScratchFolder(in: work, queueID: 7, attempt: 2).make().has("odm"))
        }
    }

    @Test func removesOneRowsFoldersOfAllAttemptsAndNothingElse() throws {
        try withWorkFolder { work in
            for (row, attempt) in [(7, 1), (7, 12), (77, 1), (6, 7)] {
                _ = try ScratchFolder(in: work, queueID: Int64(row), attempt: attempt).folder("odm")
            }
            let foreign = ["7-1-notes", "7-x", "a7-1", "7", "lost+found", "7-1.tar"]
            for name in foreign {
                try FileManager.default.createDirectory(atPath: "\(work)/\(name)", withIntermediateDirectories: true)
            }
            #expect(try ScratchFolder.queueIDs(in: work) == [6, 7, 77])
            try ScratchFolder.remove(in: work, queueID: 7)
            #expect(try names(work) == (foreign + ["6-7", "77-1"]).sorted())
            #expect(try ScratchFolder.queueIDs(in: work) == [6, 77])
        }
    }

    @Test func aWorkFolderThatIsNotThereHoldsNothing() throws {
        try withWorkFolder { work in
            #expect(try ScratchFolder.queueIDs(in: work).isEmpty)
            try ScratchFolder.remove(in: work, queueID: 1)
        }
    }

    @Test func aWorkFolderThatCannotBeMadeIsWorthARetry() throws {
        try withWorkFolder { work in
            try Data().write(to: URL(fileURLWithPath: work))
            let failure = try #require(throws: Failure.self) {
                try ScratchFolder(in: work, queueID: 1, attempt: 1).make()
            }
            #expect(failure.code == "no_scratch")
            #expect(failure.retry == .later)
            #expect(!failure.sentence.contains(work))
        }
    }
}
