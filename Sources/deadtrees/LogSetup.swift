import Foundation
import Logging
import Settings

/// Logs go to standard error: standard output belongs to what commands print.
enum LogSetup {
    static func logger(_ settings: LogSettings) -> Logger {
        var logger = Logger(label: "deadtrees") { label in
            switch settings.format {
            case .text: StreamLogHandler.standardError(label: label)
            case .json: JSONLogHandler()
            }
        }
        logger.logLevel = Logger.Level(rawValue: settings.level.rawValue) ?? .info
        return logger
    }
}

/// One JSON object a line: time (UTC), level, message, and the metadata as further keys.
struct JSONLogHandler: LogHandler {
    var metadata: Logger.Metadata = [:]
    var logLevel: Logger.Level = .info

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        var line = (event.metadata ?? [:]).merging(metadata) { own, _ in own }.mapValues { "\($0)" }
        line["time"] = Date.now.formatted(.iso8601.year().month().day().time(includingFractionalSeconds: true))
        line["level"] = event.level.rawValue
        line["message"] = "\(event.message)"
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        guard let data = try? encoder.encode(line) else { return }  // A dictionary of strings always encodes.
        FileHandle.standardError.write(data + Data("\n".utf8))
    }
}
