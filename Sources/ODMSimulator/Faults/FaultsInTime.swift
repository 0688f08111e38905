internal import Foundation
internal import Mosaic

/// The faults that happen at a moment of the run; others belong to a stage.
extension SimulatedRun {
    /// Called once, when the share of `ODM_SIM_FAULT_AT` is over.
    func fail() throws {
        let isTooHungry = !settings.gentlerSettings.allSatisfy { $0.isMet(by: arguments) }
        if isTooHungry { return try runOutOfMemory(isSurvived: false) }
        for fault in settings.faults { try happen(fault) }
    }

    private func happen(_ fault: Fault) throws {
        switch fault {
        case .outOfMemory: try runOutOfMemory(isSurvived: false)
        case .survivedOutOfMemory: try runOutOfMemory(isSurvived: true)
        case .containerOutOfMemory: MemoryEater.eatAll(takingFirstProcess: true)
        case .hangs: while true { pause() }
        case .diskFull: try fillDisk()
        case .strangeValues: throw Ending.failed(program, 1, "The reconstruction is empty")
        case .chatter: chat()
        case .crash:
            emit("Segmentation fault (core dumped)")
            throw Ending.failed(program, 139, "Segmentation fault (core dumped)")
        case .abort:
            emit("terminate called after throwing an instance of 'std::runtime_error'\nAborted (core dumped)")
            throw Ending.failed(program, 134, "Aborted (core dumped)")
        case .badImage: throw Ending.failed(program, 3)
        case .exits: throw Ending.failed(program, Int(settings.exitCode))
        case .lost: throw Ending.gone(0)
        case .none, .random, .ignoresTerm, .badArguments, .noOverlap, .noOrthophoto, .brokenOrthophoto, .noCRS,
            .emptyOrthophoto, .gpuFallback:
            break
        }
    }

    /// What ODM would have started in the stage that runs.
    private var program: String {
        stage == "opensfm"
            ? "\"/code/SuperBuild/install/bin/opensfm/bin/opensfm\" reconstruct \"opensfm\""
            : "\"/code/SuperBuild/install/bin/texrecon\" \"undistorted/reconstruction.nvm\""
    }

    /// A real child is killed; the shell that ODM starts it with says so.
    private func runOutOfMemory(isSurvived: Bool) throws {
        started(program)
        let code = try MemoryEater.runAsChild()
        emit("Killed")
        guard isSurvived else { throw Ending.failed(program, code, "Killed") }
        log.note(RunRecord.ChildProcess(program, exitCode: code, output: ["Killed"]))
        log.warning("OpenMVS ran out of memory, we're going to turn on tiling to see if we can process this.")
    }

    private func fillDisk() throws {
        try makeFolder("opensfm/undistorted")
        let file = open(try path("opensfm/undistorted/filling.tif"), O_WRONLY | O_CREAT | O_TRUNC, 0o644)
        defer { close(file) }
        let block = [UInt8](repeating: 0x5A, count: 1 << 20)
        var written = 0
        while written < settings.diskBytes {
            let count = Foundation.write(file, block, min(block.count, settings.diskBytes - written))
            guard count > 0 else { break }
            written += count
        }
        throw Ending.uncaught("OSError: [Errno 28] No space left on device", diskIsFull: true)
    }

    private func chat() {
        let line = "Matching DJI_0001.JPG and DJI_0002.JPG.  Matcher: WORDS (symmetric) T-desc: 0.001 Matches: FAILED"
        let block = Array(repeating: line, count: 500).joined(separator: "\n")
        var printed = 0
        while printed < settings.chatterBytes {
            emit(block)
            printed += block.utf8.count + 1
        }
    }
}
