import Failures
import Foundation
import Mosaic
import ODMSimulator

let environment = ProcessInfo.processInfo.environment
if MemoryEater.isWanted { MemoryEater.eatAll() }

func refuse(_ sentence: String) -> Never {
    let usage = "usage: odm-simulator [options] <dataset name>\nodm-simulator: error: \(sentence)\n"
    FileHandle.standardError.write(Data(usage.utf8))
    exit(2)
}

do {
    let settings = try SimulatorSettings(environment)
    if settings.faults.contains(.ignoresTerm) {
        for number in [SIGTERM, SIGINT] { signal(number, SIG_IGN) }
    } else {
        ODMSignals.install()
    }
    let arguments = try ODMArguments(Array(CommandLine.arguments.dropFirst()), checksRanges: false)
    switch arguments.request {
    case .help: print(SimulatorSettings.helpText)
    case .version: print(SimulatorSettings.versionText)
    case .run:
        if settings.faults.contains(.badArguments) { refuse("unrecognized arguments: --simulated-fault") }
        // Not print(): its buffer would hold lines back for as long as nobody looks at a terminal.
        exit(
            SimulatedRun(arguments, settings: settings) { FileHandle.standardOutput.write(Data("\($0)\n".utf8)) }.run())
    }
} catch {
    refuse(error.sentence)
}
