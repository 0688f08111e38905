import Failures
import Foundation
import Mosaic

ODMSignals.install()

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
