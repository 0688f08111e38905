import Failures

/// Ends an exchange in which nothing happens any more.
struct StallWatch {
    private static let leastPerSecond = 1024.0

    private let request: WebRequest
    private let begin = ContinuousClock.now
    private var since = ContinuousClock.now
    private var movedBefore: Int64 = 0
    private var wasWaiting = false

    init(_ request: WebRequest) { self.request = request }

    /// - Parameters:
    ///   - moved: bytes in both directions since the beginning.
    ///   - isWaiting: whether it is the server's turn.
    /// - Throws: `web_silent` when it has taken too long.
    mutating func look(moved: Int64, isWaiting: Bool) throws {
        let (now, limits) = (ContinuousClock.now, request.limits)
        if let total = limits.total, now - begin > total { throw Failure.silent(request, total) }
        if isWaiting != wasWaiting { (since, movedBefore, wasWaiting) = (now, moved, isWaiting) }
        let elapsed = now - since
        if isWaiting {
            if elapsed > limits.answer { throw Failure.silent(request, limits.answer) }
        } else if elapsed > limits.stall {
            guard Double(moved - movedBefore) >= Self.leastPerSecond * (elapsed / .seconds(1)) else {
                throw Failure.silent(request, limits.stall)
            }
            (since, movedBefore) = (now, moved)
        }
    }
}
