import DB
import Failures

/// What becomes of a row whose stage failed. Pure, so that it can be read and tested without a database.
struct RetryPolicy: Sendable {
    enum Verdict: Equatable, Sendable {
        case retry(after: Duration)
        case giveUp
    }

    let maxAttempts: Int
    /// Doubles with each failure, from here to the limit.
    var firstBackoff = Duration.seconds(15)
    var longestBackoff = Duration.seconds(15 * 60)

    /// - Parameters:
    ///   - earlierFailures: how many attempts of the row failed before this one.
    ///   - jitter: 0.5 to 1; shortens the wait so that rows that failed together do not come back together.
    func verdict(for failure: Failure, earlierFailures: Int, jitter: Double) -> Verdict {
        guard failure.retry == .later, earlierFailures + 1 < maxAttempts else { return .giveUp }
        let doubled = firstBackoff * (1 << min(earlierFailures, 20))
        return .retry(after: min(doubled, longestBackoff) * jitter)
    }

    /// How the failed run is called in the history.
    static func outcome(of failure: Failure) -> Outcome {
        failure.code == "odm_timed_out" ? .timedOut : .failed
    }
}
