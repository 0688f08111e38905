internal import Foundation

/// Spreads a run over the time that it is to take, and lets its fault happen when that is due.
final class Pace {
    private let seconds: Double
    private let started = ContinuousClock.now
    private var due = 0.0
    private var share = 0.0
    private let faultAt: Double
    private var fault: (() throws -> Void)?
    /// Stretches all that is still to come.
    var slowdown = 1.0

    /// - Parameters:
    ///   - seconds: of the whole run.
    ///   - faultAt: share of the run after which `setFault`'s is called, once.
    init(seconds: Double, faultAt: Double) {
        self.seconds = seconds
        self.faultAt = faultAt
    }

    func setFault(_ fault: @escaping () throws -> Void) { self.fault = fault }

    /// Goes on by that share of the run, and sleeps until it is over.
    func step(_ amount: Double) throws {
        due += amount * seconds * slowdown
        let rest = due - (ContinuousClock.now - started) / .seconds(1)
        if rest > 0 { usleep(UInt32(min(rest * 1e6, 4e9))) }
        try pass(amount)
    }

    /// Goes on without taking time.
    func pass(_ amount: Double) throws {
        share += amount
        // What is left of 1 after many small steps may be a little less.
        guard share >= faultAt - 1e-6, let fault else { return }
        self.fault = nil
        try fault()
    }
}
