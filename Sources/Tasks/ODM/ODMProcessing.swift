public import Containers
public import DB
import Failures
import Foundation
import Logging
import NativeChild
import Settings
import Storage

/// Turns a dataset's raw photos into an orthophoto, with OpenDroneMap in a Docker container.
///
/// Fetch, unpack and check, then run ODM under a deadline that is in the database before there is a container.
/// A container that an earlier attempt has left running on this host is taken up instead of started anew.
public struct ODMProcessing: TaskHandler {
    public let type = TaskType.odmProcessing
    public let status = DatasetStatus.odmProcessing
    public let flag = DoneFlag.odm

    private let engine: DockerEngine
    private let options: ODMOptions

    public init(engine: DockerEngine, options: ODMOptions) {
        self.engine = engine
        self.options = options
    }

    public func run(_ stage: StageContext) async throws -> StageResult {
        let container = ODMContainer(engine: engine, options: options, stage: stage)
        if let result = try await concludeEarlier(stage) { return result }
        if let result = try await takeUp(container, stage) { return result }
        stage.report(0, "fetching the photos")
        let source = try await RawPhotos(stage: stage).fetch(progress: stage.part(0...0.1, "fetching the photos"))
        let project = ODMProject(scratch: stage.scratch.path, datasetID: stage.datasetID)
        let set = try await stage.native(
            UnpackPhotos(source: source, project: project.path), as: 0.1...0.19,
            "unpacking and checking the photos"
        ).output
        try set.save(to: project.facts)
        guard try await stage.queue.holdSlot(stage.job.token, host: options.host) else { throw Failure.noFreeSlot() }
        let gpus = try await gpus()
        let deadline = try await stage.queue.setDeadline(stage.job.token, after: options.settings.timeout)
        let command = options.command(dataset: stage.datasetID, set: set, hasGPU: gpus != .none)
        stage.report(0.2, "starting ODM")
        let id = try await container.start(command, project: project.root, deadline: deadline, gpus: gpus)
        stage.logger.info(
            "ODM started", metadata: ["container": "\(id)", "command": "\(command.joined(separator: " "))"])
        return try await watch(container, id, project, deadline, command: command)
    }

    /// Goes on with a container of this row that an earlier attempt left behind, or clears it away.
    private func takeUp(_ container: ODMContainer, _ stage: StageContext) async throws -> StageResult? {
        let existing = try await container.existing()
        for stale in existing.dropFirst() { await container.remove(stale.id) }
        guard let candidate = existing.first else { return nil }
        let scratch = "\(options.workFolder)/\(stage.job.queueID)-\(container.attempt(of: candidate))"
        let project = ODMProject(scratch: scratch, datasetID: stage.datasetID)
        // A run that is over needs no GPU.
        var isUsable = candidate.status == .exited
        if candidate.status == .running {
            isUsable = try await stage.queue.holdSlot(stage.job.token, host: options.host)
        }
        guard isUsable, FileManager.default.fileExists(atPath: project.facts) else {
            await container.remove(candidate.id)
            return nil
        }
        stage.logger.info(
            "taking up a container", metadata: ["container": "\(candidate.id)", "status": "\(candidate.status)"])
        let deadline = try await stage.queue.setDeadline(stage.job.token, after: options.settings.timeout)
        try await stage.queue.setContainer(stage.job.token, id: candidate.id, odmLease: options.settings.lease)
        return try await watch(container, candidate.id, project, deadline, command: nil)
    }

    private func watch(
        _ container: ODMContainer, _ id: String, _ project: ODMProject, _ deadline: Deadline, command: [String]?
    ) async throws -> StageResult {
        let stage = container.stage
        let transcript = Transcript(path: stage.scratch.file("odm.log"))
        let watch = ODMWatch(container: container, id: id, deadline: deadline, transcript: transcript)
        var evidence: ODMEvidence
        do {
            evidence = try await watch.untilEnd()
        } catch {
            if await !container.isLeftToALaterAttempt() { await clearAway(container, id, project) }
            throw error
        }
        evidence.logSuccess = project.logSuccess()
        evidence.hasOrthophoto = project.hasOrthophoto()
        // Before the container goes, and with it the only other proof that the run is over.
        let end = ODMEnd(evidence: evidence, peakMemory: transcript.peakMemory, command: command)
        try end.save(to: project.end)
        await clearAway(container, id, project)
        await keepLog(stage)
        return try await conclude(end, project, stage)
    }

    /// A run that was over when its worker died: what it made is published, and what it died of is said.
    private func concludeEarlier(_ stage: StageContext) async throws -> StageResult? {
        for attempt in (1..<max(1, stage.job.token.attempt)).reversed() {
            let scratch = "\(options.workFolder)/\(stage.job.queueID)-\(attempt)"
            let project = ODMProject(scratch: scratch, datasetID: stage.datasetID)
            guard let end = ODMEnd(savedAt: project.end) else { continue }
            stage.logger.info("an earlier attempt's run is over", metadata: ["attempt": "\(attempt)"])
            return try await conclude(end, project, stage)
        }
        return nil
    }

    private func conclude(_ end: ODMEnd, _ project: ODMProject, _ stage: StageContext) async throws -> StageResult {
        try await stage.queue.freeSlot(stage.job.token)
        guard let failure = ODMVerdict.failure(end.evidence) else { return try await publish(project, stage, end) }
        // Said once: the next attempt is a run of its own.
        try FileManager.default.removeItem(atPath: project.end)
        throw FailedStage(
            failure,
            StageMeasures(exitCode: end.evidence.exitCode.map(Int.init), peakMemoryBytes: end.peakMemory))
    }

    private func clearAway(_ container: ODMContainer, _ id: String, _ project: ODMProject) async {
        await container.remove(id)
        // In a task of its own, for the stage's may have been canceled.
        await Task.detached {
            do {
                try await container.takeOwnership(of: project.root)
            } catch {
                container.stage.logger.error("ODM's files stay root's", metadata: ["error": "\(error)"])
            }
        }.value
    }

    private func publish(_ project: ODMProject, _ stage: StageContext, _ end: ODMEnd) async throws -> StageResult {
        let facts = try UnpackPhotos.Output(savedAt: project.facts)
        try await stage.storage.store(
            project.orthophoto, as: .ortho(of: stage.datasetID),
            progress: stage.part(0.95...1, "storing the orthophoto"))
        // The next stage of this row need not fetch what lies here already. Linked and not moved: should this worker
        // die now, the next attempt publishes the same file again.
        try FileManager.default.linkItem(
            atPath: project.orthophoto, toPath: stage.scratch.originalOrtho(stage.datasetID))
        let measures = StageMeasures(
            exitCode: 0, peakMemoryBytes: end.peakMemory,
            detail: try facts.detail(command: end.command, image: options.settings.image))
        return StageResult(measures: measures, records: [.rawImages(facts.record)])
    }

    /// The log is worth keeping whatever became of the run, and not worth failing it.
    private func keepLog(_ stage: StageContext) async {
        do {
            try await stage.storage.store(
                stage.scratch.file("odm.log"),
                as: .odmLog(of: stage.datasetID, attempt: stage.job.token.attempt), progress: { _ in })
        } catch {
            stage.logger.warning("ODM's log could not be stored", metadata: ["error": "\(error)"])
        }
    }

    private func gpus() async throws -> ContainerSpec.GPUs {
        guard options.settings.gpu != .off else { return .none }
        let hasGPU = try await engine.info().hasNvidiaRuntime
        if !hasGPU && options.settings.gpu == .required { throw Failure.noGPU() }
        return hasGPU ? .all : .none
    }
}

extension Failure {
    static func noFreeSlot() -> Failure {
        Failure("no_free_slot", "every GPU slot is taken", retry: .later)
    }
    static func noGPU() -> Failure {
        Failure(
            "gpu_missing", "this worker's host has no GPU that Docker can use, and ODM_GPU asks for one", retry: .later)
    }
}
