import SFTP

/// For how long a broken connection is opened again: until the server has given no sign of life for 20 s.
struct Patience {
    private static let limit = Duration.seconds(20)
    /// What broke off so often after a while, and moved nothing, will do so again.
    private static let mostFruitless = 3
    private var lastSign = ContinuousClock.now
    private var fruitless = 0

    /// To be asked after each loss.
    /// - Parameters:
    ///   - begun: when this attempt had an open connection; nil where it had none.
    ///   - moved: when bytes were last moved; nil for what moves none.
    mutating func lasts(begun: ContinuousClock.Instant?, moved: ContinuousClock.Instant?) -> Bool {
        let lost = ContinuousClock.now - SFTPPool.silenceLimit
        if let moved, moved > lastSign {
            (lastSign, fruitless) = (moved, 0)
        } else if let begun, lost > begun {
            // What took longer than silence may take has heard something before that.
            (lastSign, fruitless) = (lost, fruitless + 1)
        }
        return lastSign + Self.limit > .now && fruitless < Self.mostFruitless
    }
}
