import Containers
import DB
import Failures
import Foundation
import Logging
import Settings
import Synchronization

/// Follows a running ODM container: its output, its memory, its end, and its deadline, whichever comes first.
struct ODMWatch: Sendable {
    let container: ODMContainer
    let id: String
    let deadline: Deadline
    let transcript: Transcript

    private enum Event: Sendable {
        case exited(ContainerDetails.State)
        case timedOut(ContainerDetails.State?)
        case observed
    }

    /// Waits for the end. Canceling leaves the container as it is: what becomes of it is the caller's to decide.
    func untilEnd() async throws -> ODMEvidence {
        try await withThrowingTaskGroup(of: Event.self) { group in
            group.addTask { try await .exited(container.engine.waitUntilExited(id)) }
            group.addTask { try await endAtDeadline() }
            group.addTask { await follow() }
            group.addTask { await sampleMemory() }
            defer { group.cancelAll() }
            while let event = try await group.next() {
                switch event {
                case .observed: continue
                case .exited(let state): return await evidence(state, timedOut: isPastDeadline)
                case .timedOut(let state): return await evidence(state, timedOut: true)
                }
            }
            throw CancellationError()
        }
    }

    private var isPastDeadline: Bool { deadline.remaining <= .zero }

    private func evidence(_ state: ContainerDetails.State?, timedOut: Bool) async -> ODMEvidence {
        // The last lines may still be on their way; follow() ends by itself when the container has.
        await transcript.waitForEnd(atMost: .seconds(5))
        var evidence = ODMEvidence()
        evidence.timedOut = timedOut ? container.options.settings.timeout : nil
        evidence.exitCode = state?.exitCode
        evidence.oomKilled = state?.oomKilled ?? false
        evidence.tail = transcript.tail
        return evidence
    }

    private func endAtDeadline() async throws -> Event {
        try await Task.sleep(for: max(.zero, deadline.remaining))
        container.stage.logger.error("time limit reached, ending the container", metadata: ["container": "\(id)"])
        // Not canceled with the group: once begun, the kill is carried through.
        return try await Task.detached { [container] in
            try await container.engine.end(id, grace: ODMContainer.killGrace)
            return try await .timedOut(container.engine.inspect(id)?.state)
        }.value
    }

    private func follow() async -> Event {
        while !Task.isCancelled {
            do {
                for try await line in container.engine.logs(id, after: transcript.position, follow: true) {
                    if let (progress, note) = transcript.take(line) {
                        container.stage.report(0.2 + 0.75 * progress, note)
                    }
                }
                break
            } catch {
                // The engine may be back soon; the container's end is judged elsewhere.
                try? await Task.sleep(for: .seconds(1))  // canceled: it just ends
            }
        }
        transcript.end()
        return .observed
    }

    private func sampleMemory() async -> Event {
        while !Task.isCancelled {
            if let use = try? await container.engine.use(of: id) {  // A sample that fails is a sample less.
                transcript.note(memory: use.peakMemory ?? use.memory)
            }
            try? await Task.sleep(for: .seconds(2))  // A canceled sleep ends the loop.
        }
        return .observed
    }
}

/// What a container has printed so far, on disk in full and in memory as far as a verdict needs it.
final class Transcript: Sendable {
    private struct State {
        var progress = ODMProgress()
        var position: LogPosition?
        var tail: [String] = []
        var peakMemory: Int64 = 0
        var hasEnded = false
        let file: FileHandle?
    }
    private let state: Mutex<State>
    private static let tailLength = 300

    /// - Parameter path: the log's file, made anew. A disk that takes no log does not stop a run.
    init(path: String) {
        _ = FileManager.default.createFile(atPath: path, contents: nil)
        let file = FileHandle(forWritingAtPath: path)
        state = Mutex(State(file: file))
    }

    var position: LogPosition? { state.withLock { $0.position } }
    var tail: [String] { state.withLock { $0.tail } }
    var peakMemory: Int64? { state.withLock { $0.peakMemory > 0 ? $0.peakMemory : nil } }

    /// Keeps one line. Returns how far the run is when the line said so.
    func take(_ line: LogLine) -> (Double, String?)? {
        let text = line.text.replacing(/\u{1B}\[[0-9;]*m/, with: "")
        return state.withLock { state in
            state.position = line.position
            // The log is for people; a full disk is noticed by the run itself.
            try? state.file?.write(contentsOf: Data("\(text)\n".utf8))
            state.tail.append(text)
            if state.tail.count > 2 * Self.tailLength { state.tail.removeFirst(Self.tailLength) }
            return state.progress.read(text) ? (state.progress.value, state.progress.note) : nil
        }
    }

    func note(memory: Int64) { state.withLock { $0.peakMemory = max($0.peakMemory, memory) } }

    func end() { state.withLock { $0.hasEnded = true } }

    /// Waits until the last line has been taken.
    func waitForEnd(atMost limit: Duration) async {
        let end = ContinuousClock.now + limit
        while !state.withLock({ $0.hasEnded }), ContinuousClock.now < end {
            // A canceled sleep only makes the wait busier, and it is bounded.
            try? await Task.sleep(for: .milliseconds(10))  // canceled: it just ends
        }
    }
}
