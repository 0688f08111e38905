import Failures
import Foundation
import Testing

@testable import Tasks

@Suite struct KeptFoldersTests {
    private func withWorkFolder(_ body: (String, KeptFolders) throws -> Void) throws {
        let path = NSTemporaryDirectory() + "kept-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: path) }  // the system clears its temporary folder too
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        try body(path, KeptFolders(in: path))
    }

    private func names(_ folder: String) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
    }

    /// A folder as a failed attempt leaves it.
    @discardableResult
    private func make(_ work: String, _ row: Int64, _ attempt: Int = 1) throws -> ScratchFolder {
        let scratch = try ScratchFolder(in: work, queueID: row, attempt: attempt).make()
        _ = try scratch.folder("odm/5")
        for file in ["odm.log", "odm/end.json", "cog.result.json"] {
            try Data("x".utf8).write(to: URL(fileURLWithPath: scratch.file(file)))
        }
        return scratch
    }

    private let failure = Failure("odm_no_overlap", "ODM could not join the photos", detail: "secret")

    @Test func theLastAttemptIsKeptWithAWordOnWhy() throws {
        try withWorkFolder { work, kept in
            for attempt in 1...3 { try make(work, 7, attempt) }
            try make(work, 8)
            try kept.keep(queueID: 7, attempt: 3, because: failure, at: Date(timeIntervalSince1970: 1_000_000))
            #expect(try names(work) == ["7-3", "8-1"])
            #expect(try names("\(work)/7-3") == ["failed.json", "odm", "odm.log"])
            #expect(try names("\(work)/7-3/odm") == ["5"])
            let text = try String(contentsOfFile: "\(work)/7-3/failed.json", encoding: .utf8)
            #expect(
                text.contains("1970-01-12T13:46:40Z") && text.contains("odm_no_overlap") && !text.contains("secret"))
            let folder = try #require(kept.all().first)
            #expect(folder.path == "\(work)/7-3" && folder.mark.sentence == failure.sentence)
        }
    }

    @Test func whatIsKeptIsNoLeftOver() throws {
        try withWorkFolder { work, kept in
            try make(work, 7)
            try make(work, 8)
            try kept.keep(queueID: 7, attempt: 1, because: failure)
            #expect(try ScratchFolder.queueIDs(in: work) == [8])
            try ScratchFolder.remove(in: work, queueID: 7)
            #expect(try names(work) == ["7-1", "8-1"])
            // A row that comes again and succeeds takes all of its folders with it.
            try ScratchFolder.remove(in: work, queueID: 7, upTo: 2)
            #expect(try names(work) == ["8-1"])
        }
    }

    @Test func anAttemptOfTheSameNameBeginsWithAnEmptyFolder() throws {
        try withWorkFolder { work, kept in
            try make(work, 7)
            try kept.keep(queueID: 7, attempt: 1, because: failure)
            let again = try ScratchFolder(in: work, queueID: 7, attempt: 1).make()
            #expect(try names(again.path).isEmpty)
            #expect(try ScratchFolder.queueIDs(in: work) == [7])
            // And the one after it takes nothing over.
            try make(work, 9)
            try kept.keep(queueID: 9, attempt: 1, because: failure)
            let next = ScratchFolder(in: work, queueID: 9, attempt: 2)
            #expect(StageJournal(next).earlierResult(of: .cog) == nil)
        }
    }

    @Test func aFolderWithoutFilesIsNotKept() throws {
        try withWorkFolder { work, kept in
            _ = try ScratchFolder(in: work, queueID: 7, attempt: 2).make().folder("odm")
            try kept.keep(queueID: 7, attempt: 2, because: failure)
            try kept.keep(queueID: 8, attempt: 1, because: failure)
            #expect(try names(work).isEmpty)
        }
    }

    @Test func timeIsCountedFromTheMark() throws {
        try withWorkFolder { work, kept in
            let now = Date()
            for (row, age) in [(7, 100.0), (8, 50), (9, 10)] {
                try make(work, Int64(row))
                try kept.keep(queueID: Int64(row), attempt: 1, because: failure, at: now.addingTimeInterval(-age))
            }
            #expect(try kept.all().map(\.path) == ["\(work)/7-1", "\(work)/8-1", "\(work)/9-1"])
            #expect(try kept.expired(after: .seconds(50), now: now).map(\.path) == ["\(work)/7-1", "\(work)/8-1"])
            #expect(try kept.expired(after: .seconds(86_400), now: now).isEmpty)
            #expect(try kept.expired(after: .zero, now: now).count == 3)
            // A mark that was cut short is as old as its file.
            try Data("{".utf8).write(to: URL(fileURLWithPath: "\(work)/7-1/failed.json"))
            #expect(
                try kept.expired(after: .seconds(50), now: now.addingTimeInterval(10)).map(\.path) == ["\(work)/8-1"])
        }
    }

    @Test func theOldestGoWhenSpaceIsShort() throws {
        try withWorkFolder { work, kept in
            for row in 7...9 {
                try make(work, Int64(row))
                try kept.keep(
                    queueID: Int64(row), attempt: 1, because: failure,
                    at: Date(timeIntervalSince1970: Double(100 - row)))
            }
            try make(work, 10)
            #expect(kept.reclaim(until: 1).isEmpty)
            #expect(kept.reclaim(until: .max).map(\.path) == ["\(work)/9-1", "\(work)/8-1", "\(work)/7-1"])
            #expect(try names(work) == ["10-1"])
        }
    }
}
