internal import Foundation

/// The content of ODM's log.json, with the same keys.
package struct RunRecord: Codable {
    package struct Memory: Codable {
        /// MB of the host.
        package var total: Int
        package var available: Int
    }

    package struct Message: Codable {
        package var message: String
        package var type: String
    }

    package struct Stage: Codable {
        package var name: String
        package var startTime: String
        package var messages: [Message] = []
        package var endTime: String?
        package var totalTime: Double?
    }

    package struct ChildProcess: Codable {
        package var command: String
        package var exitCode: Int
        /// Its last ten lines.
        package var output: [String]

        package init(_ command: String, exitCode: Int, output: [String]) {
            (self.command, self.exitCode, self.output) = (command, exitCode, output)
        }
    }

    package struct Problem: Codable {
        package var code: Int
        package var message: String

        package init(code: Int, message: String) { (self.code, self.message) = (code, message) }
    }

    package var odmVersion: String
    package var memory = Memory.current
    package var cpus = ProcessInfo.processInfo.activeProcessorCount
    package var images = 0
    package var options: [String: String]
    package var startTime: String
    package var stages: [Stage] = []
    /// The children that have ended. A preview starts none.
    package var processes: [ChildProcess] = []
    package var success = false
    package var endTime: String?
    package var totalTime: Double?
    package var error: Problem?
    package var stackTrace: [String] = []

    init(version: String, options: [String: String], startTime: String) {
        odmVersion = version
        self.options = options
        self.startTime = startTime
    }

    package func write(to path: String) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        try encoder.encode(self).write(to: URL(fileURLWithPath: path), options: .atomic)
    }
}

extension RunRecord.Memory {
    fileprivate static var current: Self {
        // Without /proc (not Linux) the sizes are simply unknown.
        let text = (try? String(contentsOfFile: "/proc/meminfo", encoding: .utf8)) ?? ""
        func megabytes(_ key: String) -> Int {
            let line = text.split(separator: "\n").first { $0.hasPrefix(key + ":") }
            let kibibytes = line?.split(separator: " ").dropFirst().first.flatMap { Int($0) }
            return (kibibytes ?? 0) / 1024
        }
        return Self(total: megabytes("MemTotal"), available: megabytes("MemAvailable"))
    }
}
