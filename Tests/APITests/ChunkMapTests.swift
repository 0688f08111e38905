import Foundation
import TestSupport
import Testing

@testable import API

struct ChunkMapTests {
    private typealias Place = ChunkMap.Place

    @Test func inOrderAnyLengthsWillDo() {
        var map = ChunkMap(total: 3)
        for (index, length) in [5, 12, 3].enumerated() {
            let offset = map.offset(of: index)
            #expect(offset == [0, 5, 17][index])
            map.put(index, Place(offset: offset ?? -1, length: Int64(length)))
        }
        #expect(map.missing.isEmpty)
        #expect(map.bytes == 20)
    }

    @Test func withoutThoseBeforeItAChunkIsTakenToBeAsLongAsOthers() {
        var map = ChunkMap(total: 4)
        #expect(map.offset(of: 2) == nil)
        #expect(map.offset(of: 2, length: 10) == 20)
        // The last one says nothing of the others.
        #expect(map.offset(of: 3, length: 4) == nil)
        map.put(2, Place(offset: 20, length: 10))
        #expect(map.offset(of: 3) == 30)
        #expect(map.missing == [0, 1, 3])
        map.put(0, Place(offset: 0, length: 10))
        map.put(3, Place(offset: 30, length: 4))
        #expect(map.missing == [1])
        #expect(map.received == [0, 2, 3])
    }

    /// A client that cuts unevenly and sends in any order: what was put in the wrong place is to be sent again.
    @Test func aMisplacedChunkIsMissing() {
        var map = ChunkMap(total: 3)
        map.put(0, Place(offset: 0, length: 10))
        map.put(2, Place(offset: 20, length: 5))
        map.put(1, Place(offset: 10, length: 7))
        #expect(map.missing == [2])
        #expect(map.offset(of: 2) == 17)
    }

    @Test func aJournalIsReadAsItWasWritten() throws {
        let path = NSTemporaryDirectory() + "journal-\(UUID().uuidString)"
        defer { unlink(path) }
        let head = UploadJournal.Head(owner: "a", fileName: "b.tif", total: 9, boot: UploadJournal.thisBoot)
        let journal = try UploadJournal(head, at: path)
        try journal.have(0, Place(offset: 0, length: 10))
        try journal.have(1, Place(offset: 10, length: 10))
        try journal.lost(0)
        try journal.becomes(42)
        let left = try #require(UploadJournal.read(path))
        #expect(left.head == head)
        #expect(left.places == [1: Place(offset: 10, length: 10)])
        #expect(left.datasetID == 42)
    }

    @Test func aTornLineOfAJournalDoesNotCount() throws {
        let path = NSTemporaryDirectory() + "journal-\(UUID().uuidString)"
        defer { unlink(path) }
        let head = UploadJournal.Head(owner: "a", fileName: "b.tif", total: 9, boot: UploadJournal.thisBoot)
        try UploadJournal(head, at: path).have(3, Place(offset: 30, length: 10))
        var text = try String(contentsOfFile: path, encoding: .utf8)
        text += "have 4 40 1"
        try text.write(toFile: path, atomically: true, encoding: .utf8)
        #expect(UploadJournal.read(path)?.places.keys.sorted() == [3])
    }

    /// After a power cut, lines may be there whose bytes are not.
    @Test func aJournalOfAnEarlierBootIsOfNoUse() throws {
        let path = NSTemporaryDirectory() + "journal-\(UUID().uuidString)"
        defer { unlink(path) }
        _ = try UploadJournal(.init(owner: "a", fileName: "b.tif", total: 9, boot: "another"), at: path)
        #expect(UploadJournal.read(path) == nil)
    }
}
