import Settings
import Testing

@testable import Tasks

@Suite struct ODMLadderTests {
    private func ladder(
        _ written: String = "--max-concurrency 4 --feature-quality high --orthophoto-resolution 1.0",
        photos: Int = 400, isPlaced: Bool = true, attempts: Int = 3
    ) throws -> ODMLadder {
        ODMLadder(
            base: try ODMArguments(written: written), photos: photos, isPlaced: isPlaced, cores: 8,
            maxAttempts: attempts)
    }

    @Test func theFirstRunIsAsTheSettingsSay() throws {
        let step = try ladder().step(after: 0)
        #expect(step.arguments.description == "--max-concurrency 4 --feature-quality high --orthophoto-resolution 1.0")
        #expect(step.changes.isEmpty)
        #expect(step.hasFurther)
    }

    @Test func threeAttemptsTakeTwoRungsEach() throws {
        let first = try ladder().step(after: 1)
        #expect(
            first.arguments.description == "--max-concurrency 2 --feature-quality medium --orthophoto-resolution 1.0")
        #expect(first.changes == ["2 of 4 threads", "feature quality medium instead of high"])
        #expect(first.hasFurther)
        let second = try ladder().step(after: 2)
        #expect(
            second.arguments.description
                == "--max-concurrency 2 --feature-quality medium --orthophoto-resolution 2 --split 200")
        #expect(
            second.changes.suffix(2) == [
                "an orthophoto of 2 instead of 1 cm a pixel", "in parts of about 200 photos",
            ])
        #expect(!second.hasFurther)
    }

    /// Rungs taken after 0, 1, 2, … failures.
    @Test(arguments: [
        (1, [0]), (2, [0, 4]), (3, [0, 2, 4]), (4, [0, 2, 3, 4]), (5, [0, 1, 2, 3, 4]), (8, [0, 1, 2, 3, 4, 4, 4, 4]),
    ])
    func theLadderFitsIntoTheAttempts(_ attempts: Int, _ taken: [Int]) throws {
        let ladder = try ladder(attempts: attempts)
        let steps = (0..<attempts).map { ladder.step(after: $0) }
        #expect(steps.map(\.changes.count) == taken)
        let last = try #require(steps.firstIndex { !$0.hasFurther })
        #expect(last == min(attempts - 1, 4))
        #expect(steps[last...].allSatisfy { !$0.hasFurther })
    }

    @Test(arguments: [
        ("--max-concurrency 1", 400, true, 3), ("--max-concurrency 1 --feature-quality lowest", 400, true, 2),
        ("--max-concurrency 4", 400, false, 3), ("--max-concurrency 4", 99, true, 3),
        ("--max-concurrency 4 --split 50", 400, true, 3), ("--max-concurrency 4 --split 120", 400, true, 4),
    ])
    func rungsThatChangeNothingAreLeftOut(_ written: String, _ photos: Int, _ isPlaced: Bool, _ rungs: Int) throws {
        let ladder = try ladder(written, photos: photos, isPlaced: isPlaced, attempts: 2)
        #expect(ladder.step(after: 1).changes.count == rungs)
    }

    @Test func odmsOwnDefaultsAreKnown() throws {
        let step = try ladder("--dsm", attempts: 2).step(after: 1)
        #expect(
            step.arguments.description
                == "--dsm --max-concurrency 4 --feature-quality medium --orthophoto-resolution 10 --split 200")
    }

    @Test func aPartIsNeverSmallerThanFiftyPhotos() throws {
        #expect(try ladder(photos: 100, attempts: 2).step(after: 1).arguments.value(of: "--split") == "50")
        #expect(
            try ladder("--split 60", photos: 400, attempts: 2).step(after: 1).arguments.value(of: "--split") == "50")
    }

    @Test func withoutAnyRungThereIsNothingToRetry() throws {
        let ladder = try ladder(
            "--max-concurrency 1 --feature-quality lowest --orthophoto-resolution 9999", photos: 20)
        #expect(!ladder.step(after: 0).hasFurther)
        #expect(ladder.step(after: 1).arguments == ladder.base)
    }
}
