/// How log lines are written.
public struct LogSettings: Equatable, Sendable {
    public enum Format: String, CaseIterable, Sendable {
        /// For people.
        case text
        /// For machines: one object a line.
        case json
    }

    /// As swift-log has them.
    public enum Level: String, CaseIterable, Sendable {
        case trace, debug, info, notice, warning, error, critical
    }

    public let format: Format
    /// Lines below this are not written.
    public let level: Level

    init(reading reader: inout EnvironmentReader) {
        format = reader.choice("LOG_FORMAT", or: .text)
        level = reader.choice("LOG_LEVEL", or: .info)
    }
}
