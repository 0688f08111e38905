import Foundation
import ODMFlags
import Settings

/// Gentler settings for a set that ran out of memory, rung by rung. Each rung is taken once and is kept.
///
/// The rungs that change something are spread over the retries that `maxAttempts` leaves: two each with 3 attempts,
/// one each with 5 or more.
struct ODMLadder: Sendable {
    /// What the first run is made with.
    let base: ODMArguments
    let photos: Int
    /// Every photo states a position; ODM splits no other set.
    let isPlaced: Bool
    /// Threads that ODM takes where `base` does not say.
    let cores: Int
    let maxAttempts: Int

    struct Step: Equatable, Sendable {
        var arguments: ODMArguments
        /// What differs from the first run, in words, in the order of the rungs.
        var changes: [String] = []
        /// One more failure would make a difference.
        var hasFurther = false
    }

    /// Below this a part has too little overlap to be worth it.
    static let fewestInAPart = 50

    /// The settings after so many failures for want of memory; none is the first run.
    func step(after failures: Int) -> Step {
        let rungs = [halveThreads, lowerQuality, coarsen, split]
        let useful = rungs.filter { $0(base) != nil }
        let taken = Self.taken(after: failures, of: useful.count, retries: maxAttempts - 1)
        var step = Step(arguments: base, hasFurther: taken < useful.count && failures < maxAttempts - 1)
        for rung in useful.prefix(taken) {
            guard let (name, value, change) = rung(step.arguments) else { continue }
            step.arguments.set(name, to: value)
            step.changes.append(change)
        }
        return step
    }

    /// How many of `rungs` are taken; every retry takes at least one, and the last has taken all.
    static func taken(after failures: Int, of rungs: Int, retries: Int) -> Int {
        guard failures > 0 else { return 0 }
        guard retries > 0, failures < retries else { return rungs }
        return min(rungs, max(failures, (rungs * failures + retries - 1) / retries))
    }

    private typealias Rung = (name: String, value: String, change: String)

    private func halveThreads(_ arguments: ODMArguments) -> Rung? {
        let name = "--max-concurrency"
        let now = arguments.value(of: name).flatMap { Int($0) } ?? cores
        guard now > 1 else { return nil }
        return (name, "\(now / 2)", "\(now / 2) of \(now) threads")
    }

    private func lowerQuality(_ arguments: ODMArguments) -> Rung? {
        let name = "--feature-quality"
        let now = arguments.value(of: name) ?? "high"
        guard let index = ODMFlag.qualities.firstIndex(of: now), index + 1 < ODMFlag.qualities.count else { return nil }
        let lower = ODMFlag.qualities[index + 1]
        return (name, lower, "feature quality \(lower) instead of \(now)")
    }

    /// ODM makes nothing finer than the photos show, so that a small value may stand for a larger one.
    private func coarsen(_ arguments: ODMArguments) -> Rung? {
        let name = "--orthophoto-resolution"
        let now = arguments.value(of: name).flatMap { Double($0) } ?? 5
        guard ODMFlag.named(name)?.accepts("\(2 * now)") == true else { return nil }
        return (
            name, Self.short(2 * now),
            "an orthophoto of \(Self.short(2 * now)) instead of \(Self.short(now)) cm a pixel"
        )
    }

    private func split(_ arguments: ODMArguments) -> Rung? {
        guard isPlaced, !arguments.refuses("--split") else { return nil }
        let now = arguments.value(of: "--split").flatMap { Int($0) } ?? photos
        let part = max(Self.fewestInAPart, (min(now, photos) + 1) / 2)
        // Parts of nearly the whole set would only add work.
        guard part < min(now, photos), photos >= 2 * Self.fewestInAPart else { return nil }
        return ("--split", "\(part)", "in parts of about \(part) photos")
    }

    private static func short(_ number: Double) -> String {
        let text = String(format: "%.3f", number)
        return String(text.replacing(/\.?0+$/, with: ""))
    }
}
