import Failures
import Foundation
import Mosaic

for number in [SIGTERM, SIGINT] {
    // Only calls that are safe inside a signal handler. ODM ends in the same way, with 1.
    signal(number) { _ in
        let words: StaticString = "[WARNING] Caught TERM/INT signal, attempting to exit gracefully...\n"
        write(STDOUT_FILENO, words.utf8Start, words.utf8CodeUnitCount)
        _exit(1)
    }
}

do {
    let arguments = try ODMArguments(Array(CommandLine.arguments.dropFirst()))
    switch arguments.request {
    case .help: print(ODMArguments.helpText)
    case .version: print(ODMArguments.versionText)
    case .run:
        // Not print(): its buffer would hold lines back for as long as nobody looks at a terminal.
        exit(PreviewRun(arguments) { FileHandle.standardOutput.write(Data("\($0)\n".utf8)) }.run())
    }
} catch {
    FileHandle.standardError.write(Data("\(ODMArguments.usageText)\northopreview: error: \(error.sentence)\n".utf8))
    exit(2)
}
