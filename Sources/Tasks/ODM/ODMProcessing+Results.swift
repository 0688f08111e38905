import Containers
import DB
import Failures
import Foundation
import Logging
import Settings
import Storage

/// What becomes of a run that is over.
extension ODMProcessing {
    func conclude(_ container: ODMContainer, _ end: ODMEnd, _ project: ODMProject) async throws -> StageResult {
        await clearAway(container, project)
        let stage = container.stage
        guard let facts = UnpackPhotos.Output(savedAt: project.facts) else { throw Failure.runGone() }
        let launch = ODMLaunch(savedAt: project.launch)
        let evidence = try await evidence(end, project, launch, stage)
        var detail = ODMDetail(facts, launch, end)
        var measures = StageMeasures(
            exitCode: evidence.exitCode.map(Int.init), peakMemoryBytes: evidence.peakMemory, detail: try detail.json())
        if let failure = ODMVerdict.failure(evidence) {
            detail.report = ODMReport(evidence)
            measures.detail = try detail.json()
            throw FailedStage(failure, measures)
        }
        try await stage.storage.store(
            project.orthophoto, as: .ortho(of: stage.datasetID),
            progress: stage.transfer(0.95...1, "storing the orthophoto"))
        // The next stage of this row need not fetch what lies here already. Linked and not moved: should this worker
        // die now, the next attempt publishes the same file again.
        let original = stage.scratch.originalOrtho(stage.datasetID)
        if link(project.orthophoto, original) != 0 && errno != EEXIST {
            stage.logger.debug("the orthophoto is fetched again", metadata: ["errno": "\(errno)"])
        }
        return StageResult(
            measures: measures, records: [.rawImages(facts.record), .warnings(detail.warnings, of: type)])
    }

    /// All that is known, with what the files and the history say beside the container.
    private func evidence(
        _ end: ODMEnd, _ project: ODMProject, _ launch: ODMLaunch?, _ stage: StageContext
    ) async throws -> ODMEvidence {
        var evidence = end.evidence
        evidence.orthophoto = try await stage.orthophotoFailure(project.orthophoto)
        evidence.hasGentlerPlan = launch?.plan.hasGentlerPlan ?? false
        evidence.unexplainedFailures = try await stage.untilDatabaseAnswers {
            try await stage.queue.odmFailures(stage.job.queueID, codes: ODMVerdict.unexplained.sorted())
        }
        return evidence
    }

    /// Removes the row's containers, of whatever attempt, and lets the worker own what they wrote.
    private func clearAway(_ container: ODMContainer, _ project: ODMProject) async {
        // In a task of its own: the stage's may be canceled, and a container must not be left over for that.
        await Task.detached {
            do {
                for left in try await container.existing() { await container.discard(left, because: .stale) }
                try await FolderOwnership(engine: engine, image: options.settings.image).take(
                    of: project.root,
                    labels: [Label.queueID: "\(container.stage.job.queueID)", Label.worker: options.worker])
            } catch {
                container.stage.logger.error("the run is not cleared away", metadata: ["error": "\(error)"])
            }
        }.value
    }
}

extension Failure {
    static func runGone() -> Failure {
        Failure(
            "odm_lost", "what the ODM run was about is not in the worker's scratch folder any more; it is run again",
            retry: .later)
    }
}
