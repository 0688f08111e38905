import ArgumentParser
import DB
import Foundation

struct LogsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "logs",
        abstract: "What ODM printed in a dataset's last run.",
        discussion: """
            Read from the container on the host that runs it, and everywhere else from storage, where it arrives within \
            seconds.
            """)

    private struct Line: Encodable {
        let text: String
    }

    @Argument(help: "Dataset id.")
    var dataset: Int64
    @Flag(help: "Go on until the container ends.")
    var follow = false
    @Flag(help: "Print a JSON object a line.")
    var json = false

    func run() async throws {
        let log = ODMLog(try Environment())
        let encoder = JSONEncoder()
        try await log.read(dataset: dataset, follow: follow) { line in
            let bytes = json ? try encoder.encode(Line(text: line)) : Data(line.utf8)
            // Unlike print, at once: a line that is buffered for a pipe is a line that is not followed.
            try FileHandle.standardOutput.write(contentsOf: bytes + Data("\n".utf8))
        }
    }
}
