internal import Foundation

/// The content of ODM's log.json, with the same keys.
struct RunRecord: Codable {
    struct Memory: Codable {
        /// MB of the host.
        var total: Int
        var available: Int
    }

    struct Message: Codable {
        var message: String
        var type: String
    }

    struct Stage: Codable {
        var name: String
        var startTime: String
        var messages: [Message] = []
        var endTime: String?
        var totalTime: Double?
    }

    struct ChildProcess: Codable {
        var command: String
        var exitCode: Int
        var output: [String]
    }

    struct Problem: Codable {
        var code: Int
        var message: String
    }

    var odmVersion = "orthopreview 1.0"
    var memory = Memory.current
    var cpus = ProcessInfo.processInfo.activeProcessorCount
    var images = 0
    var options: [String: String]
    var startTime: String
    var stages: [Stage] = []
    /// Always empty: nothing is started.
    var processes: [ChildProcess] = []
    var success = false
    var endTime: String?
    var totalTime: Double?
    var error: Problem?
    var stackTrace: [String] = []

    init(options: [String: String], startTime: String) {
        self.options = options
        self.startTime = startTime
    }

    func write(to path: String) throws {
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
