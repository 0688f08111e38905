import ArgumentParser
import NativeChild
import Tasks

/// The child's side of native work. For the worker's own use, so it is not in `--help`.
struct NativeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "native", shouldDisplay: false)

    func run() throws {
        throw ExitCode(NativeHost(TaskRegistry.nativeWork).serve())
    }
}
