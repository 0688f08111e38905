import Containers
import DB
import Failures
import Foundation
import Settings
import Storage
import Tasks

/// What ODM printed: from its container where this host's Docker Engine has it, else from storage.
struct ODMLog {
    /// The end of a log.
    struct Excerpt: Encodable {
        /// `container` or the file's path in storage.
        let source: String
        let lines: [String]
    }

    private static let excerptLength = 20
    /// How long the Docker Engine may be away while its output is followed, e.g. for an upgrade.
    private static let patience = Duration.seconds(120)

    private let environment: Environment

    init(_ environment: Environment) {
        self.environment = environment
    }

    /// Hands every line of the dataset's last ODM run to `take`.
    /// - Throws: `Failure` with code `not_found` when there is nothing to read.
    func read(dataset: Int64, follow: Bool, take: (String) throws -> Void) async throws {
        do {
            let engine = try engine(limit: .seconds(10))
            if let container = try await container(on: engine, labels: [Label.datasetID: "\(dataset)"]) {
                return try await read(container, on: engine, follow: follow, take: take)
            }
        } catch let failure as Failure where failure.code.hasPrefix("docker_") {
            // Then from storage, where it grows, too.
        }
        try await StoredLog(environment: environment, dataset: dataset).read(follow: follow, take: take)
    }

    /// The last lines for one row of the queue, nil where there are none to be had. Best effort: it never fails.
    func lastLines(of timeline: QueueTimeline) async -> Excerpt? {
        guard timeline.runs.contains(where: \.isODM) else { return nil }
        if timeline.lease?.containerID != nil, let excerpt = try? await containerExcerpt(timeline) {  // else stored
            return excerpt
        }
        return try? await storedExcerpt(timeline)  // a timeline without its log is worth showing
    }

    private func containerExcerpt(_ timeline: QueueTimeline) async throws -> Excerpt? {
        // Somebody waits for the page: an engine that hangs is not waited for.
        let engine = try engine(limit: .seconds(5))
        guard let found = try await container(on: engine, labels: [Label.queueID: "\(timeline.queueID)"]) else {
            return nil
        }
        var lines: [String] = []
        try await read(found, on: engine, follow: false) { line in
            lines.append(line)
            if lines.count > 50 * Self.excerptLength { lines.removeFirst(49 * Self.excerptLength) }
        }
        return Excerpt(source: "container", lines: lines.suffix(Self.excerptLength))
    }

    private func storedExcerpt(_ timeline: QueueTimeline) async throws -> Excerpt? {
        let log = try StoredLog(environment: environment, dataset: timeline.datasetID)
        // A later request of the dataset counts its attempts from 1 again, and its logs replace those of this one.
        let later = try await environment.queue().history(of: timeline.datasetID).runs
            .filter { $0.isODM && $0.queueID > timeline.queueID }
        let own = timeline.runs.filter { run in run.isODM && !later.contains { $0.attempt == run.attempt } }
        guard let path = try await log.newest(of: own) else { return nil }
        return Excerpt(source: path.text, lines: try await log.lastLines(of: path, Self.excerptLength))
    }
}

// MARK: Containers

extension ODMLog {
    private func engine(limit: Duration = .seconds(30)) throws -> DockerEngine {
        try DockerEngine(host: environment.settings.odm.dockerHost, limit: limit)
    }

    /// The one that runs, else the newest.
    private func container(on engine: DockerEngine, labels: [String: String]) async throws -> ContainerSummary? {
        func number(_ container: ContainerSummary, _ label: String) -> Int {
            container.labels[label].flatMap(Int.init) ?? 0
        }
        // Another database's rows may have the same numbers, on the same engine.
        let own = [Label.deployment: try await environment.queue().deployment()]
        return try await engine.list(labels: labels.merging(own) { $1 }).max { one, other in
            (one.status == .running ? 1 : 0, number(one, Label.queueID), number(one, Label.attempt))
                < (other.status == .running ? 1 : 0, number(other, Label.queueID), number(other, Label.attempt))
        }
    }

    /// Goes on where it was when the engine was away for a while.
    private func read(
        _ container: ContainerSummary, on engine: DockerEngine, follow: Bool, take: (String) throws -> Void
    ) async throws {
        var position: LogPosition?
        var lastLine = ContinuousClock.now
        while true {
            do {
                for try await line in engine.logs(container.id, after: position, follow: follow) {
                    try take(line.text.replacing(/\u{1B}\[[0-9;]*m/, with: ""))
                    position = line.position
                    lastLine = .now
                }
                return
            } catch let failure as Failure
                where follow && failure.code == "docker_unreachable" && lastLine.duration(to: .now) < Self.patience
            {
                try await Task.sleep(for: .seconds(1))
            } catch let failure as Failure where position != nil && failure.code == "container_gone" {
                // Its worker removes it when it has ended.
                return
            }
        }
    }
}
