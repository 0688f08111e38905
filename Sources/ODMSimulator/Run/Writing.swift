internal import Foundation
internal import Mosaic

/// Files of the project, and lines of the programs that ODM starts.
extension SimulatedRun {
    func path(_ name: String) throws -> String { try project.path + "/" + name }

    func exists(_ name: String) throws -> Bool { FileManager.default.fileExists(atPath: try path(name)) }

    func makeFolder(_ name: String) throws {
        try FileManager.default.createDirectory(atPath: try path(name), withIntermediateDirectories: true)
    }

    /// Writes a file, and the folder that it lies in.
    func write(_ name: String, _ content: Data = Data()) throws {
        let url = URL(fileURLWithPath: try path(name))
        try FileManager.default.createDirectory(
            at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
        try content.write(to: url)
    }

    func write(_ name: String, _ text: String) throws { try write(name, Data(text.utf8)) }

    func append(_ name: String, _ text: String) throws {
        let name = try path(name)
        if !FileManager.default.fileExists(atPath: name) {
            _ = FileManager.default.createFile(atPath: name, contents: nil)
        }
        let file = try FileHandle(forWritingTo: URL(fileURLWithPath: name))
        try file.seekToEnd()
        try file.write(contentsOf: Data(text.utf8))
        try file.close()
    }

    /// A line of OpenSfM's log.
    func say(_ message: String, level: String = "INFO") {
        let now = Date().formatted(
            .iso8601.year().month().day().dateTimeSeparator(.space).time(includingFractionalSeconds: true))
        emit("\(now.replacing(".", with: ",")) \(level): \(message)")
    }

    /// One line or some for each item, spread over that share of the run.
    func each<Item>(_ items: [Item], _ share: Double, _ body: (Item) throws -> Void) throws {
        for item in items {
            try body(item)
            try step(share / Double(items.count))
        }
        if items.isEmpty { try step(share) }
    }

    func step(_ share: Double) throws { try pace.step(share * scale) }

    /// Whether a stage's files lie there and it need not be done again; says so.
    func isDone(_ name: String, _ warning: String) throws -> Bool {
        guard try exists(name), !arguments.reruns(stage) else { return false }
        log.warning(warning.replacing("%", with: try path(name)))
        return true
    }

    func started(_ command: String) { log.info("running \(command)") }
    func ended(_ command: String, _ output: String...) {
        log.note(RunRecord.ChildProcess(command, exitCode: 0, output: output))
    }
}
