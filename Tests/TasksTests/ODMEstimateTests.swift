import DB
import Foundation
import Tasks
import Testing

@Suite struct ODMEstimateTests {
    private func estimate(_ runs: [(Int, Double)], photos: Int, size: Double = 12) -> ODMEstimate {
        ODMEstimate(
            ODMHistory(runs: runs.map { .init(photos: $0.0, megapixels: Double($0.0) * size, seconds: $0.1) }),
            photos: photos, megapixels: Double(photos) * size)
    }

    private func hours(_ estimate: ODMEstimate) -> Double { (estimate.expected ?? .zero) / .seconds(3600) }

    @Test func withoutRunsNothingIsExpected() {
        #expect(estimate([], photos: 100).expected == nil)
        #expect(estimate([(100, 3600)], photos: 0).expected == nil)
        #expect(estimate([(0, 3600), (100, 0), (100, .infinity)], photos: 100).expected == nil)
    }

    @Test func aFewRunsGiveSecondsPerMegapixel() {
        #expect(abs(hours(estimate([(100, 3600)], photos: 300)) - 3) < 1e-9)
        // The one that hung counts no more than the others.
        #expect(abs(hours(estimate([(100, 3600), (100, 4000), (100, 80_000)], photos: 90)) - 1) < 0.01)
        // Small sets take their time, too.
        #expect(abs(hours(estimate([(100, 3600)], photos: 3)) - 0.5) < 1e-9)
        // Photos of unknown size count as usual ones.
        let unknown = ODMEstimate(
            ODMHistory(runs: [.init(photos: 100, megapixels: 1200, seconds: 3600)]), photos: 200, megapixels: 0)
        #expect(abs(hours(unknown) - 2) < 1e-9)
    }

    @Test func manyRunsShowHowTheTimeGrows() {
        let sizes = [50, 80, 120, 200, 300, 500, 800, 1200]
        let grown = sizes.map { ($0, 10 * pow(Double($0), 1.3)) }
        #expect(abs(hours(estimate(grown, photos: 2000)) * 3600 / (10 * pow(2000, 1.3)) - 1) < 0.01)
        // A quarter of them out of line moves it little.
        let noisy = grown + [(100, 90_000), (900, 500)]
        #expect(abs(hours(estimate(noisy, photos: 2000)) * 3600 / (10 * pow(2000, 1.3)) - 1) < 0.35)
        // Times that say nothing about size do not send it anywhere.
        let flat = sizes.map { ($0, 3600.0) }
        #expect(hours(estimate(flat, photos: 5000)) < 7)
    }

    @Test func whatIsLeftComesFromHistoryFirstAndFromTheRunItselfLater() throws {
        let known = estimate([(100, 10_000)], photos: 100)
        #expect(known.remaining(elapsed: .zero, progress: 0) == .seconds(10_000))
        #expect(known.remaining(elapsed: .seconds(5000), progress: 1) == .zero)
        // A run of twice the time: it shows more and more, and at the end only its pace counts.
        let late = try #require(known.remaining(elapsed: .seconds(18_000), progress: 0.9))
        #expect(abs(late / .seconds(2000) - 1) < 1e-6)
        let none = estimate([], photos: 100)
        #expect(none.remaining(elapsed: .seconds(1000), progress: 0.05) == nil)
        #expect(none.remaining(elapsed: .seconds(5), progress: 0.5) == nil)
        #expect(none.remaining(elapsed: .seconds(1000), progress: 0.25) == .seconds(3000))
    }

    /// Runs of even pace that take this many times what was expected.
    @Test(arguments: [0.25, 0.7, 1, 1.4, 2])
    func whatIsLeftDoesNotJump(_ factor: Double) throws {
        let known = estimate([(100, 10_000)], photos: 100)
        var before = Double.infinity
        for step in 0...1000 {
            let progress = Double(step) / 1000
            let left = try #require(known.remaining(elapsed: .seconds(10_000 * factor * progress), progress: progress))
            #expect(left >= .zero)
            let seconds = left / .seconds(1)
            #expect(seconds <= before + 10, "\(progress)")
            if before.isFinite { #expect(seconds >= before - 10_000 * factor / 1000 - 60, "\(progress)") }
            before = seconds
        }
        #expect(before == 0)
    }

    @Test(
        arguments: [
            (10, "less than a minute left"), (50, "about 1 min left"), (1170, "about 20 min left"),
            (3900, "about 65 min left"), (5400, "about 1.5 h left"), (10_700, "about 3 h left"),
            (100_000, "about 28 h left"), (-5, "less than a minute left"),
        ])
    func timesAreWords(_ seconds: Int, _ words: String) {
        #expect(ODMEstimate.words(left: .seconds(seconds)) == words)
    }
}
