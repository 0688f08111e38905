import TestSupport

/// What is to happen when: all of it drawn from the seed before anything starts.
struct ChaosPlan: Sendable {
    /// Something that people and programs do to the queue. A share (0 to 1) picks one of those that are there then.
    enum Traffic: Sendable {
        case addRows(Int)
        case addSecondRow(Double)
        case addUnready
        case finishUpload(Double)
        case requeue(Double)
        case cancel(Double)
        case delete(Double)
        case putBack(Double)
        case deleteDataset(Double)
        case pause
        case resume
        case drain(Double)
        case undrain
        case endBackoffs
    }

    /// Something that breaks.
    enum Fault: Sendable {
        case kill(Double, back: Duration)
        /// Killed, and an operator gives its rows to others before it comes back.
        case evict(Double, back: Duration)
        case terminate(Double, back: Duration)
        case terminateTwice(Double, back: Duration)
        case suspend(Double, Duration)
        /// Stopped for a while, as a virtual machine is, while a new process has started under its name.
        case replace(Double, Duration)
        case endBackends(Int)
        /// Every other worker's connections swallow all that goes through them, for a while.
        case blackHole(Duration)
        /// The same, but requests arrive: what was committed and not heard of is asked for again.
        case swallowAnswers(Duration)
        case restartPostgres
        case killPostgres(away: Duration)
        case stopPostgres(away: Duration)
    }

    struct Timed<Event: Sendable>: Sendable {
        let at: Duration
        let event: Event
    }

    /// One part of the time, with its number of workers.
    struct Phase: Sendable {
        let workers: Int
        let length: Duration
        let traffic: [Timed<Traffic>]
        let faults: [Timed<Fault>]
    }

    let seed: UInt64
    let phases: [Phase]

    init(seed: UInt64, seconds: Int, fleets: [Int]) {
        self.seed = seed
        let length = Double(seconds) / Double(fleets.count)
        phases = fleets.enumerated().map { number, workers in
            var dice = SeededDice(seed, Int64(number), Int64(workers))
            return Phase(
                workers: workers, length: .seconds(length), traffic: Self.traffic(length, workers, &dice),
                faults: Self.faults(length, &dice))
        }
    }

    private static func traffic(_ length: Double, _ workers: Int, _ dice: inout SeededDice) -> [Timed<Traffic>] {
        // As much as a few workers can do between their deaths: a queue that only grows shows little.
        let burst = min(6, 1 + workers / 2)
        return times(length, between: 0.03...0.25, &dice).map { at, seed in
            var dice = SeededDice(seed)
            return Timed(at: at, event: traffic(burst, &dice))
        }
    }

    private static func traffic(_ burst: Int, _ dice: inout SeededDice) -> Traffic {
        let pick = dice.share()
        return switch Int.random(in: 0..<100, using: &dice) {
        case ..<54: .addRows(Int.random(in: 1...burst, using: &dice))
        case ..<62: .addSecondRow(pick)
        case ..<67: .addUnready
        case ..<72: .finishUpload(pick)
        case ..<77: .requeue(pick)
        case ..<81: .cancel(pick)
        case ..<85: .delete(pick)
        case ..<89: .putBack(pick)
        case ..<90: .deleteDataset(pick)
        case ..<91: .pause
        case ..<94: .resume
        case ..<95: .drain(pick)
        case ..<97: .undrain
        default: .endBackoffs
        }
    }

    private static func faults(_ length: Double, _ dice: inout SeededDice) -> [Timed<Fault>] {
        times(length, between: 0.2...0.9, &dice).map { at, seed in
            var dice = SeededDice(seed)
            return Timed(at: at, event: fault(&dice))
        }
    }

    private static func fault(_ dice: inout SeededDice) -> Fault {
        let pick = dice.share()
        let back = dice.duration(0...3)
        return switch Int.random(in: 0..<100, using: &dice) {
        case ..<36: .kill(pick, back: back)
        case ..<39: .evict(pick, back: back)
        case ..<48: .terminate(pick, back: back)
        case ..<52: .terminateTwice(pick, back: back)
        case ..<70: .suspend(pick, dice.duration(0.3...7))
        case ..<74: .replace(pick, dice.duration(0.5...5))
        case ..<84: .endBackends(Int.random(in: 1...8, using: &dice))
        case ..<86: .blackHole(dice.duration(1...8))
        case ..<90: .swallowAnswers(dice.duration(0.05...1))
        case ..<93: .restartPostgres
        case ..<97: .killPostgres(away: dice.duration(0...1))
        default: .stopPostgres(away: dice.duration(1...5))
        }
    }

    /// Moments of the phase, each with a seed of its own, so that one event's numbers do not move the others'.
    private static func times(
        _ length: Double, between gap: ClosedRange<Double>, _ dice: inout SeededDice
    ) -> [(Duration, UInt64)] {
        var moments: [(Duration, UInt64)] = []
        var at = Double.random(in: gap, using: &dice)
        while at < length {
            moments.append((.seconds(at), dice.next()))
            at += Double.random(in: gap, using: &dice)
        }
        return moments
    }
}
