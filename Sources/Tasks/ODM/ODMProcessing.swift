public import Containers
public import DB
public import Failures
import Foundation
import Logging
import NativeChild
import Settings
import Storage

/// Turns a dataset's raw photos into an orthophoto, with OpenDroneMap in a Docker container.
///
/// Fetch, unpack and check while another run may hold the GPU; then wait for a slot, and run ODM under a deadline that is
/// in the database before there is a container. What an earlier attempt has left on this host is used: an end that
/// was noted, a container that has ended, one that still runs.
public struct ODMProcessing: TaskHandler {
    public let type = TaskType.odmProcessing
    public let status = DatasetStatus.odmProcessing
    public let flag = DoneFlag.odm

    let engine: DockerEngine
    let options: ODMOptions
    private var health: ODMHealth { ODMHealth(engine: engine, options: options) }

    public init(engine: DockerEngine, options: ODMOptions) {
        self.engine = engine
        self.options = options
    }

    public func obstacle() async -> Failure? {
        do {
            _ = try await health.means()
            return nil
        } catch {
            return Failure(error)
        }
    }

    public func run(_ stage: StageContext) async throws -> StageResult {
        let container = ODMContainer(engine: engine, options: options, stage: stage)
        if let result = try await concludeEarlier(container) { return result }
        if let result = try await takeUp(container) { return result }
        try await setOldLogAside(stage)
        let project = ODMProject(scratch: stage.scratch.path, datasetID: stage.datasetID)
        let set = try await prepare(project, stage)
        let means = try await waitForSlot(stage)
        return try await start(container, project, set, means)
    }

    // MARK: A new run

    private func prepare(_ project: ODMProject, _ stage: StageContext) async throws -> UnpackPhotos.Output {
        stage.report(0, "fetching the photos")
        let source = try await RawPhotos(stage: stage).fetch(progress: stage.transfer(0...0.1, "fetching the photos"))
        let set = try await stage.native(
            UnpackPhotos(source: source, project: project.path, host: options.preflightHost(stage)), as: 0.1...0.19,
            "unpacking and checking the photos"
        ).output
        try set.save(to: project.facts)
        return set
    }

    /// Returns with a GPU slot, and with what the host has for the run.
    private func waitForSlot(_ stage: StageContext) async throws -> ODMHealth.Means {
        var means = try await health.means()
        var known = ContinuousClock.now
        stage.park(true)
        while true {
            let rings = stage.bell.rings
            if .now - known > .seconds(30) { (means, known) = (try await health.means(), .now) }
            if try await stage.untilDatabaseAnswers({
                try await stage.queue.holdSlot(stage.job.token, host: options.host, isNew: true)
            }) {
                return means
            }
            let why = try await stage.untilDatabaseAnswers { try await stage.queue.whatHoldsUp(stage.job.token) }
            stage.report(0.19, "ready, waiting for the GPU: \(why)")
            await stage.bell.wait(after: rings, atMost: .seconds(5))
            try Task.checkCancellation()
        }
    }

    private func start(
        _ container: ODMContainer, _ project: ODMProject, _ set: UnpackPhotos.Output, _ means: ODMHealth.Means
    ) async throws -> StageResult {
        let stage = container.stage
        let failures = try await stage.untilDatabaseAnswers {
            try await stage.queue.odmFailures(stage.job.queueID, codes: ["odm_out_of_memory"])
        }
        let plan = try options.plan(
            dataset: stage.datasetID, set: set, hasGPU: means.gpus != .none, memoryFailures: failures)
        let launch = ODMLaunch(
            plan: plan, image: means.image.digest ?? means.image.id, hasGPU: means.gpus != .none, host: options.host,
            startedAt: Date())
        try launch.save(to: project.launch)
        stage.report(0.2, "starting ODM")
        let started = try await container.start(plan, project: project.root, on: means)
        stage.logger.info(
            "ODM started",
            metadata: ["container": "\(started.id)", "command": "\(plan.shownCommand.joined(separator: " "))"])
        let log = try StoragePath.odmLog(of: stage.datasetID, attempt: stage.job.token.attempt)
        return try await watch(container, started.id, project, started.run.deadline, log)
    }

    /// An earlier request of the dataset counted its attempts from 1, too, and this one's log is not to be taken for its.
    private func setOldLogAside(_ stage: StageContext) async throws {
        try await stage.storage.discard(.odmLog(of: stage.datasetID, attempt: stage.job.token.attempt))
    }

    // MARK: What an earlier attempt left

    /// Goes on with a container of this row that an earlier attempt left behind, or clears it away.
    private func takeUp(_ container: ODMContainer) async throws -> StageResult? {
        let stage = container.stage
        let existing = try await container.existing()
        for stale in existing.dropFirst() { await container.discard(stale, because: .stale) }
        guard let candidate = existing.first else {
            if stage.job.hasContainer { stage.logger.warning("the container on record is not on this host any more") }
            return nil
        }
        let scratch = "\(options.workFolder)/\(stage.job.queueID)-\(candidate.attempt)"
        let project = ODMProject(scratch: scratch, datasetID: stage.datasetID)
        guard try await canBeUsed(candidate, project, stage) else {
            await container.discard(candidate, because: .stale)
            return nil
        }
        stage.logger.info(
            "taking up a container", metadata: ["container": "\(candidate.id)", "status": "\(candidate.status)"])
        let place = try await health.place()
        let run = try await stage.untilDatabaseAnswers {
            try await stage.queue.adoptContainer(
                stage.job.token, id: candidate.id, attempt: candidate.attempt, deadline: candidate.deadline ?? 0,
                on: place, odmLease: options.settings.lease)
        }
        stage.park(true)
        let log = try StoragePath.odmLog(of: stage.datasetID, attempt: candidate.attempt)
        return try await watch(container, candidate.id, project, run.deadline, log)
    }

    private func canBeUsed(
        _ candidate: ContainerSummary, _ project: ODMProject, _ stage: StageContext
    ) async throws -> Bool {
        guard FileManager.default.fileExists(atPath: project.facts) else { return false }
        // A run that is over needs no GPU. One that was made and never started is made anew.
        if [.exited, .dead].contains(candidate.status) { return true }
        guard [.running, .paused].contains(candidate.status) else { return false }
        return try await stage.untilDatabaseAnswers {
            try await stage.queue.holdSlot(stage.job.token, host: options.host)
        }
    }

    /// A run that was over when its worker died: what it made is published, and what it died of is said.
    private func concludeEarlier(_ container: ODMContainer) async throws -> StageResult? {
        let stage = container.stage
        for attempt in (1..<max(1, stage.job.token.attempt)).reversed() {
            let scratch = "\(options.workFolder)/\(stage.job.queueID)-\(attempt)"
            let project = ODMProject(scratch: scratch, datasetID: stage.datasetID)
            guard let end = ODMEnd(savedAt: project.end) else { continue }
            stage.logger.info("an earlier attempt's run is over", metadata: ["attempt": "\(attempt)"])
            try await freeSlot(container, nil, nil)
            return try await conclude(container, end, project)
        }
        return nil
    }

    // MARK: The container, and after it

    private func watch(
        _ container: ODMContainer, _ id: String, _ project: ODMProject, _ deadline: Deadline, _ log: StoragePath
    ) async throws -> StageResult {
        let stage = container.stage
        let transcript = ODMTranscript(path: project.log, scrubber: LogScrubber(address: options.settings.clusterURL))
        let watch = ODMWatch(
            container: container, id: id, deadline: deadline, transcript: transcript, log: log,
            startedAt: ODMLaunch(savedAt: project.launch)?.startedAt ?? Date(),
            estimate: await estimate(project, stage))
        let following = Task { await watch.follow() }
        defer { following.cancel() }
        let ended: ODMWatch.End
        do {
            ended = try await watch.untilEnd()
        } catch {
            if await !container.isLeftToALaterAttempt() {
                await container.end(id, because: .canceled)
                await container.remove(id)
            }
            throw error
        }
        try await freeSlot(container, id, ended.state?.exitCode)
        // The last lines, on which the verdict may depend, may still be on their way.
        await transcript.waitForEnd(atMost: .seconds(5))
        let end = ODMEnd(ended, transcript, project, options.settings)
        do {
            // Before the container goes, and with it the only other proof that the run is over.
            try end.save(to: project.end)
        } catch {
            // A run that has filled the disk must be concluded all the same.
            stage.logger.warning("the run's end is not noted", metadata: ["error": "\(error)"])
        }
        await ODMLogSender(transcript: transcript, storage: stage.storage, path: log, logger: stage.logger).finish()
        return try await conclude(container, end, project)
    }

    /// A guess for people is not worth failing a run that goes on.
    private func estimate(_ project: ODMProject, _ stage: StageContext) async -> ODMEstimate {
        let history = try? await options.preflightHost(stage).history  // see above
        let facts = UnpackPhotos.Output(savedAt: project.facts)
        return ODMEstimate(
            history ?? ODMHistory(), photos: facts?.photos ?? 0, megapixels: facts?.megapixels ?? 0)
    }

    /// From here on the next run may start, while this one's results are looked at.
    private func freeSlot(_ container: ODMContainer, _ id: String?, _ exitCode: Int32?) async throws {
        let stage = container.stage
        try await stage.untilDatabaseAnswers {
            try await stage.queue.freeSlot(stage.job.token, container: id, exitCode: exitCode.map(Int.init))
        }
        stage.park(false)
    }
}
