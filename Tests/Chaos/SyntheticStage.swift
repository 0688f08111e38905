import DB
import Failures
import Foundation
import Tasks
import TestSupport

/// A task type of the real names whose work is to wait, to fail now and then, and to say in its result who did it.
/// What one does is drawn from the seed, the row, the stage and the attempt.
struct SyntheticStage: TaskHandler {
    let type: TaskType
    let status: DatasetStatus
    let flag: DoneFlag
    let seed: UInt64
    let host: String

    static func all(seed: UInt64, host: String) -> [SyntheticStage] {
        func stage(_ type: TaskType, _ status: DatasetStatus, _ flag: DoneFlag) -> SyntheticStage {
            SyntheticStage(type: type, status: status, flag: flag, seed: seed, host: host)
        }
        return [
            stage(.odmProcessing, .odmProcessing, .odm), stage(.geotiff, .orthoProcessing, .ortho),
            stage(.metadata, .metadataProcessing, .metadata), stage(.cog, .cogProcessing, .cog),
            stage(.thumbnail, .thumbnailProcessing, .thumbnail),
        ]
    }

    func run(_ stage: StageContext) async throws -> StageResult {
        let position = Int64(DoneFlag.allCases.firstIndex(of: flag) ?? 0)
        var dice = SeededDice(seed, stage.job.queueID, position, Int64(stage.job.token.attempt))
        if type == .odmProcessing { try await takeSlot(stage, &dice) }
        try Data(repeating: 1, count: 4096).write(to: URL(fileURLWithPath: stage.scratch.file("\(type)")))
        try await work(stage, &dice)
        // The end of a stage, before anybody has heard of it.
        if dice.rolls(0.004) { kill(getpid(), SIGKILL) }
        if dice.rolls(0.05) { throw Failure("chaos_transient", "the dice said so, try again", retry: .later) }
        if dice.rolls(0.02) { throw Failure("chaos_permanent", "the dice said so") }
        let result = """
            {"chaos_stage": "\(type)", "chaos_attempt": \(stage.job.token.attempt)}
            """
        return StageResult(records: [.metadata(json: result, runtime: 0)])
    }

    /// As the real stage does it, container and deadline on record included.
    private func takeSlot(_ stage: StageContext, _ dice: inout SeededDice) async throws {
        let token = stage.job.token
        stage.park(true)
        while case let rings = stage.bell.rings, try await !stage.queue.holdSlot(token, host: host) {
            await stage.bell.wait(after: rings, atMost: .seconds(1))
            try Task.checkCancellation()
        }
        stage.park(false)
        guard dice.rolls(0.5) else { return }
        let id = "chaos-\(token.queueID)-\(token.attempt)"
        let run = try await stage.queue.planODMRun(
            token, within: .seconds(3600), on: ODMPlace(host: host, engine: "chaos", bootID: nil))
        try await stage.queue.recordContainer(token, run: run.id, id: id, odmLease: .seconds(3))
        // There is none: nobody is to wait until it is gone.
        try await stage.queue.endRun(container: id, exitCode: nil)
    }

    /// Mostly a moment; now and then longer than a lease, so that it has to be renewed.
    private func work(_ stage: StageContext, _ dice: inout SeededDice) async throws {
        let length = dice.rolls(0.03) ? dice.duration(2...5) : dice.duration(0...0.12)
        let end = ContinuousClock.now + length
        repeat {
            let left = (end - .now) / length
            stage.report(1 - max(0, min(1, left)), "waiting")
            try await Task.sleep(for: min(max(end - .now, .zero), .milliseconds(200)))
        } while ContinuousClock.now < end
    }
}
