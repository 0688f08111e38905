internal import Foundation

/// What a run says, in ODM's form: lines for people and for whoever follows the container, and log.json.
package final class RunLog {
    enum Level: String { case info, warning, error }

    package private(set) var record: RunRecord
    private let emit: (String) -> Void
    private let hasColors: Bool
    private let started = Date()
    private var stageStarted = Date()

    /// `emit` gets whole lines without their end. `version` is what log.json says of the program.
    package init(
        _ arguments: ODMArguments, version: String = "orthopreview 1.0", emit: @escaping (String) -> Void
    ) {
        self.emit = emit
        hasColors = ProcessInfo.processInfo.environment["no_ansiesc"] == nil
        record = RunRecord(
            version: version, options: arguments.given, startTime: Self.timestamp(started))
    }

    package func info(_ message: String) { log(.info, message) }
    package func warning(_ message: String) { log(.warning, message) }
    package func error(_ message: String) { log(.error, message) }

    package func count(images: Int) { record.images = images }

    /// Runs one of ODM's stages between its two lines. A stage that throws has no second line.
    package func stage<Result>(_ name: String, _ body: () throws -> Result) rethrows -> Result {
        stageStarted = Date()
        info("Running \(name) stage")
        record.stages.append(RunRecord.Stage(name: name, startTime: Self.timestamp(stageStarted)))
        defer { endStage() }
        let result = try body()
        info("Finished \(name) stage")
        return result
    }

    package func note(_ child: RunRecord.ChildProcess) { record.processes.append(child) }

    package func finish(error: RunRecord.Problem? = nil, stackTrace: [String] = []) {
        let now = Date()
        record.stackTrace = stackTrace
        record.success = error == nil
        record.error = error
        record.endTime = Self.timestamp(now)
        record.totalTime = Self.seconds(from: started, to: now)
    }

    private func endStage() {
        let now = Date()
        record.stages[record.stages.count - 1].endTime = Self.timestamp(now)
        record.stages[record.stages.count - 1].totalTime = Self.seconds(from: stageStarted, to: now)
    }

    private func log(_ level: Level, _ message: String) {
        let label = "[\(level.rawValue.uppercased())]"
        let line = label + String(repeating: " ", count: max(1, 10 - label.count)) + message
        emit(hasColors ? "\u{1b}[\(level.color)m\(line)\u{1b}[0m" : line)
        guard !record.stages.isEmpty else { return }
        let entry = RunRecord.Message(message: message, type: level.rawValue)
        record.stages[record.stages.count - 1].messages.append(entry)
    }

    private static func seconds(from start: Date, to end: Date) -> Double {
        (end.timeIntervalSince(start) * 100).rounded() / 100
    }

    static func timestamp(_ date: Date) -> String {
        date.formatted(.iso8601.year().month().day().time(includingFractionalSeconds: true))
    }
}

extension RunLog.Level {
    fileprivate var color: Int {
        switch self {
        case .info: 39
        case .warning: 93
        case .error: 91
        }
    }
}
