internal import Failures
internal import Foundation
public import Mosaic

/// One run that says and writes what ODM would.
public final class SimulatedRun {
    static let version = "3.6.0"

    let arguments: ODMArguments
    let settings: SimulatorSettings
    let log: RunLog
    let emit: (String) -> Void
    let pace: Pace
    /// The share of the whole run that this one is: less than 1 for a submodel.
    let scale: Double
    let feed: ProgressFeed
    var photos: [SimulatedPhoto] = []
    /// Whether the set is done in submodels.
    var isLarge = false
    /// The stage that runs.
    var stage = ""
    private var folder: ProjectFolder?
    private let started = Date()

    /// `emit` gets whole lines without their end, several at once with `\n` between them.
    public convenience init(
        _ arguments: ODMArguments, settings: SimulatorSettings, emit: @escaping (String) -> Void
    ) {
        var settings = settings
        settings.roll(for: arguments.name)
        let pace = Pace(seconds: settings.seconds, faultAt: settings.faultAt)
        self.init(arguments, settings, pace: pace, scale: 1, emit: emit)
        pace.setFault { [weak self] in try self?.fail() }
    }

    init(
        _ arguments: ODMArguments, _ settings: SimulatorSettings, pace: Pace, scale: Double,
        emit: @escaping (String) -> Void
    ) {
        (self.arguments, self.settings, self.pace, self.scale, self.emit) = (arguments, settings, pace, scale, emit)
        log = RunLog(arguments, version: Self.version, emit: emit)
        feed = ProgressFeed(arguments.name)
        log.count(images: -1)
    }

    /// Where the run reads and writes.
    var project: ProjectFolder {
        get throws {
            guard let folder else { throw Ending.gone(1) }
            return folder
        }
    }

    /// Runs, and returns the exit code.
    public func run() -> Int32 {
        log.info("Initializing ODM \(Self.version) - \(Self.now())")
        for option in arguments.droppedOptions {
            log.warning("\(option) is no longer a valid argument and will be ignored!")
        }
        do {
            folder = try ProjectFolder(arguments)
        } catch {
            log.error("Directory \(arguments.name) does not exist.")
            return 1
        }
        printOptions()
        do {
            try runStages()
            try end()
            return 0
        } catch let ending as Ending {
            return report(ending)
        } catch {
            return report(.uncaught("\(error)", diskIsFull: false))
        }
    }

    private func runStages() throws {
        for plan in StagePlan.stages(arguments) {
            if isLarge, !StagePlan.afterSplit.contains(plan.name) { continue }
            stage = plan.name
            let begun = Date()
            try log.stage(plan.name) { try plan.body(self) }
            try note(runtime: Date().timeIntervalSince(begun), of: plan.name)
            if !isLarge || plan.name != "split" { feed.send(plan.percent) }
            if arguments.endsWith(plan.name) {
                log.info("No more stages to run")
                break
            }
        }
    }

    private func end() throws {
        log.finish()
        try log.record.write(to: try project.log)
        try write("options.json", try JSONEncoder().encode(arguments.given))
        guard scale == 1 else { return }
        Self.art.forEach(log.info)
        log.info("ODM app finished - \(Self.now())")
    }

    private func printOptions() {
        log.info("==============")
        for (name, value) in arguments.given.sorted(by: { $0.key < $1.key }) { log.info("\(name): \(value)") }
        log.info("==============")
    }

    private func report(_ ending: Ending) -> Int32 {
        switch ending {
        case .gone(let code): return code
        case .input(let sentence):
            log.error(sentence)
            return record(1, sentence, isWritten: true)
        case .uncaught(let sentence, let diskIsFull):
            emit("Traceback (most recent call last):\n  File \"/code/run.py\", line 59, in <module>\n\(sentence)")
            return record(1, sentence, isWritten: !diskIsFull)
        case .child(let child):
            log.note(child)
            let sentence = "Child returned \(child.exitCode)"
            emit("\n===== Dumping Info for Geeks (developers need this to fix bugs) =====\n\(sentence)")
            emit("Traceback (most recent call last):\nopendm.system.SubprocessException: \(sentence)")
            emit("\n===== Done, human-readable information to follow... =====\n")
            log.explain(child.exitCode)
            return record(child.exitCode, sentence, isWritten: true)
        }
    }

    private func record(_ code: Int, _ sentence: String, isWritten: Bool) -> Int32 {
        let trace = [
            "Traceback (most recent call last):", "File \"/code/stages/odm_app.py\", line 94, in execute", sentence,
        ]
        log.finish(error: RunRecord.Problem(code: code, message: sentence), stackTrace: trace)
        do {
            guard isWritten else { throw CocoaError(.fileWriteOutOfSpace) }
            try log.record.write(to: try project.log)
        } catch {
            emit("Cannot write log.json: [Errno 28] No space left on device: '\(folder?.log ?? "log.json")'")
        }
        return Int32(code)
    }

    private func note(runtime: Double, of stage: String) throws {
        try append("benchmark.txt", String(format: "%@ runtime: %.6f seconds\n", stage, runtime))
    }

    /// As Python's strftime gives it to ODM.
    static func now() -> String {
        let formatter = DateFormatter()
        formatter.locale = Locale(identifier: "en_US_POSIX")
        formatter.dateFormat = "EEE MMM dd HH:mm:ss 'UTC' yyyy"
        formatter.timeZone = TimeZone(secondsFromGMT: 0)
        return formatter.string(from: Date())
    }

    private static let art = [
        "MMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMM", "MMMMMd+:..:+dMMMMMMMMMMd+:..:+dMMMMM",
        "MMMM/ sNMMNs /MMMMMMMM/ sNMMNs /MMMM", "MMMMMd+:..:+d  simulated  d+:..:+MMM",
        "MMMM/ sNMMNs /MMMMMMMM/ sNMMNs /MMMM", "MMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMM",
    ]
}
