/// One line of a container's output.
public struct LogLine: Equatable, Sendable {
    public enum Stream: UInt8, Sendable {
        case output = 1
        case error = 2
    }

    public let stream: Stream
    /// Without the line's end; bytes that are not UTF-8 are replaced.
    public let text: String
    /// When the container wrote it, and where to go on reading after it.
    public let position: LogPosition

    /// Longer lines are cut into pieces of about this many bytes.
    public static let longest = 1 << 20
}

/// A place between two lines of a container's output: after the `ordinal`-th line that bears `time`.
/// Store its `description`, to go on reading from there after a restart.
public struct LogPosition: Comparable, Hashable, Sendable, LosslessStringConvertible {
    public let time: EngineTime
    /// From 1; more than one line may bear the same time.
    public let ordinal: Int

    public init(time: EngineTime, ordinal: Int) {
        self.time = time
        self.ordinal = ordinal
    }

    /// Reads what ``description`` wrote, nil when it is anything else.
    public init?(_ description: String) {
        let parts = description.split(whereSeparator: { $0 == "." || $0 == "/" })
        guard parts.count == 3, let seconds = Int64(parts[0]), parts[1].count == 9, let nanoseconds = Int32(parts[1]),
            let ordinal = Int(parts[2])
        else { return nil }
        self.init(time: EngineTime(seconds: seconds, nanoseconds: nanoseconds), ordinal: ordinal)
    }

    /// `seconds.nanoseconds/ordinal`, e.g. `1795358481.123456789/1`.
    public var description: String { "\(sinceParameter)/\(ordinal)" }

    /// As the engine's `since` wants it. It is inclusive: the lines before this place come again.
    var sinceParameter: String {
        let decimals = String(time.nanoseconds)
        return "\(time.seconds)." + String(repeating: "0", count: 9 - decimals.count) + decimals
    }

    public static func < (left: LogPosition, right: LogPosition) -> Bool {
        (left.time, left.ordinal) < (right.time, right.ordinal)
    }
}
