import DB
import Foundation
import Tasks
import Testing

@Suite struct StageJournalTests {
    private let result = StageResult(
        measures: StageMeasures(exitCode: 0, peakMemoryBytes: 5, detail: "{\"a\": \"ä\"}"),
        records: [
            .cog(ArtefactRecord(fileName: "1_cog.tif", path: "u/1_cog.tif", bytes: 7, info: "{}", runtime: 1.5)),
            .rawImages(
                RawImagesRecord(
                    imageCount: 3, bytes: 9, hasRTK: false, rtkPrecision: nil, rtkQuality: nil, rtkFileCount: 0,
                    cameraMetadata: "{}", acquired: .init(year: 2024, month: 2, day: 29))),
        ])

    private func withWork(_ body: (String) throws -> Void) throws {
        let work = NSTemporaryDirectory() + "deadtrees-journal-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: work) }  // A leftover in /tmp fails no test.
        try body(work)
    }

    private func journal(_ work: String, _ attempt: Int) throws -> StageJournal {
        try StageJournal(ScratchFolder(in: work, queueID: 7, attempt: attempt).make())
    }

    @Test func theNextAttemptFindsWhatTheOneBeforeNoted() throws {
        try withWork { work in
            try journal(work, 2).write(result, of: .cog)
            #expect(try journal(work, 3).earlierResult(of: .cog) == result)
            #expect(try journal(work, 3).earlierResult(of: .thumbnail) == nil)
            // Others may have been at it in between.
            #expect(try journal(work, 4).earlierResult(of: .cog) == nil)
            #expect(try journal(work, 1).earlierResult(of: .cog) == nil)
        }
    }

    @Test func aNoteThatWasCutShortIsNone() throws {
        try withWork { work in
            try journal(work, 1).write(result, of: .cog)
            let note = URL(fileURLWithPath: "\(work)/7-1/cog.result.json")
            try Data(contentsOf: note).dropLast(5).write(to: note)
            #expect(try journal(work, 2).earlierResult(of: .cog) == nil)
        }
    }

    @Test func anEmptyResultIsNotWorthAFile() throws {
        try withWork { work in
            try journal(work, 1).write(StageResult(), of: .metadata)
            #expect(try FileManager.default.contentsOfDirectory(atPath: "\(work)/7-1").isEmpty)
        }
    }

    @Test func whileARowBacksOffOnlyItsResultsStay() throws {
        try withWork { work in
            let scratch = try ScratchFolder(in: work, queueID: 7, attempt: 1).make()
            _ = try scratch.folder("odm/1/images")
            try journal(work, 1).write(result, of: .cog)
            try ScratchFolder.emptyButJournal(in: work, queueID: 7, attempt: 1)
            #expect(try FileManager.default.contentsOfDirectory(atPath: scratch.path) == ["cog.result.json"])
            try ScratchFolder.remove(in: work, queueID: 7, upTo: 3)
            #expect(try FileManager.default.contentsOfDirectory(atPath: work).isEmpty)
        }
    }
}
