import Containers
import DB
import Failures
import Foundation
import Logging
import Settings
import Storage
import Synchronization

/// Follows a running ODM container: its output, its memory, its disk, its end, and its deadline, whichever comes first.
struct ODMWatch: Sendable {
    let container: ODMContainer
    let id: String
    let deadline: Deadline
    let transcript: ODMTranscript
    /// Where the log goes as it grows.
    let log: StoragePath
    let startedAt: Date
    /// From earlier runs.
    let estimate: ODMEstimate

    private enum Event: Sendable {
        /// Nil when the engine does not know the container any more.
        case exited(ContainerDetails.State?)
        case killed(KillReason, ContainerDetails.State?)
        case observed
    }

    /// How a container ended.
    struct End: Sendable {
        let state: ContainerDetails.State?
        let kill: KillReason?
    }

    private var stage: StageContext { container.stage }

    /// Waits for the end. Canceling leaves the container as it is: what becomes of it is the caller's to decide.
    func untilEnd() async throws -> End {
        try await withThrowingTaskGroup(of: Event.self) { group in
            group.addTask { try await untilExited() }
            group.addTask { try await endAtDeadline() }
            group.addTask { try await guardHost() }
            group.addTask { await sendLog() }
            defer { group.cancelAll() }
            while let event = try await group.next() {
                switch event {
                case .observed: continue
                case .exited(let state): return await end(state, killed: nil)
                case .killed(let reason, let state): return await end(state, killed: reason)
                }
            }
            throw CancellationError()
        }
    }

    private func end(_ state: ContainerDetails.State?, killed: KillReason?) async -> End {
        if let killed { return End(state: state, kill: killed) }
        // Somebody else may have ended it: another worker of this host, or this one in its earlier life.
        let recorded = try? await stage.queue.odmRun(container: id)?.kill  // Then the clock decides.
        // Of a container that was lost with its host, the engine gives its own start as the end, whenever that was.
        let isLost = state?.exitCode.map { [0, 255].contains($0) } ?? true
        let isLate = !isLost && state?.finishedAt.map { $0 >= deadline.date } ?? false
        return End(state: state, kill: recorded ?? (isLate ? .deadline : nil))
    }

    /// However long the engine is away: a container goes on without it, or its end is known when it is back.
    private func untilExited() async throws -> Event {
        do {
            return try await .exited(container.engine.waitUntilExited(id, patience: .seconds(400 * 86_400)))
        } catch let failure as Failure where failure.code == "container_gone" {
            return .exited(nil)
        }
    }

    private func endAtDeadline() async throws -> Event {
        try await Task.sleep(for: max(.zero, deadline.remaining))
        return try await kill(.deadline)
    }

    /// Once begun, a kill is carried through. A container that has ended by itself, maybe long ago, is not blamed for it.
    private func kill(_ reason: KillReason) async throws -> Event {
        let known = try? await container.engine.inspect(id)?.state  // Without an answer it may still run.
        if let known, known.hasEnded { return .exited(known) }
        await container.end(id, because: reason)
        return await .killed(reason, try? container.engine.inspect(id)?.state)  // Its exit code decides nothing then.
    }

    /// Takes down what the container prints, to its end, which may come some time after the container's.
    func follow() async {
        report()
        var reported = ContinuousClock.now
        while !Task.isCancelled {
            do {
                for try await line in container.engine.logs(id, after: transcript.position, follow: true) {
                    // Some runs print a million lines; the database hears of two seconds' worth at a time.
                    guard transcript.take(line), .now - reported > .milliseconds(250) else { continue }
                    report()
                    reported = .now
                }
                break
            } catch {
                // The engine may be back soon; the container's end is judged elsewhere.
                try? await Task.sleep(for: .seconds(1))  // canceled: it just ends
            }
        }
        transcript.end()
    }

    private func report() {
        let progress = transcript.progress
        let left = estimate.remaining(
            elapsed: .seconds(Date().timeIntervalSince(startedAt)), progress: progress.value)
        let words = [progress.note ?? "ODM has started", left.map(ODMEstimate.words(left:))].compactMap { $0 }
        stage.report(0.2 + 0.75 * progress.value, words.joined(separator: "; "))
    }

    private func sendLog() async -> Event {
        await ODMLogSender(transcript: transcript, storage: stage.storage, path: log, logger: stage.logger).run()
        return .observed
    }

    /// Measures the container, and ends it when it fills the disk, or has stopped working without ending.
    private func guardHost() async throws -> Event {
        var stall = StallDetector(limit: container.options.settings.stallLimit)
        while !Task.isCancelled {
            report()
            if let use = try? await container.engine.use(of: id) {  // A sample that fails is a sample less.
                transcript.note(memory: use.peakMemory ?? use.memory)
                if stall.isStalled(cpuSeconds: use.cpuSeconds, silence: transcript.silence) {
                    return try await kill(.stalled)
                }
            }
            if container.options.isDiskNearlyFull { return try await kill(.disk) }
            try await Task.sleep(for: .seconds(2))
        }
        return .observed
    }
}

/// Tells a run that waits for ever from one that is silent and computes: bundle adjustment prints nothing for hours.
struct StallDetector {
    /// Zero: nothing ever counts as stalled.
    let limit: Duration
    private var idleSince = ContinuousClock.now
    private var last: (cpuSeconds: Double, at: ContinuousClock.Instant)?

    init(limit: Duration) { self.limit = limit }

    /// Whether it has neither printed nor computed for `limit`. To be asked every few seconds.
    /// - Parameter cpuSeconds: of all cores since its start.
    mutating func isStalled(
        cpuSeconds: Double, silence: Duration, now: ContinuousClock.Instant = .now
    ) -> Bool {
        defer { last = (cpuSeconds, now) }
        guard let last else { return false }
        let elapsed = now - last.at
        // A hundredth of a core: what an interpreter takes that waits for a child.
        if cpuSeconds - last.cpuSeconds > 0.01 * (elapsed / .seconds(1)) || silence < elapsed { idleSince = now }
        return limit > .zero && now - idleSince >= limit
    }
}
