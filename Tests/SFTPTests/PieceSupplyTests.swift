import Testing

@testable import SFTP

@Suite struct PieceSupplyTests {
    @Test func whatIsGivenBackIsHandedOutAgainAndTheFileIsFinishedOnce() {
        let supply = PieceSupply(total: 250) { _ in }
        let pieces = (0..<3).compactMap { _ in supply.take(atMost: 100) }
        #expect(pieces.map(\.count) == [100, 100, 50])
        #expect(supply.take(atMost: 100) == nil)
        supply.giveBack(pieces[1])
        #expect(supply.take(atMost: 100) == pieces[1])
        supply.finish(pieces[2], count: 50)
        // The server sent less than was asked for: the rest is another piece.
        supply.finish(pieces[1], count: 30)
        #expect(supply.take(atMost: 100) == Piece(offset: 130, count: 70))
        supply.finish(pieces[0], count: 100)
        #expect(!supply.isFinished && supply.done == 180)
        supply.finish(Piece(offset: 130, count: 70), count: 70)
        #expect(supply.isFinished)
    }

    @Test func theFrontierStopsAtTheFirstGap() async {
        let supply = PieceSupply(total: 300) { _ in }
        let pieces = (0..<3).compactMap { _ in supply.take(atMost: 100) }
        var frontier = supply.frontier.makeAsyncIterator()
        supply.finish(pieces[0], count: 100)
        #expect(await frontier.next() == 100)
        supply.finish(pieces[2], count: 100)
        #expect(await frontier.next() == 100)
        supply.finish(pieces[1], count: 100)
        #expect(await frontier.next() == 300)
        #expect(await frontier.next() == nil)
    }

    @Test func anEmptyFileIsFinishedFromTheStart() async {
        let supply = PieceSupply(total: 0) { _ in }
        #expect(supply.isFinished && supply.take(atMost: 100) == nil)
        for await _ in supply.frontier { Issue.record("an empty file has no frontier") }
    }
}
