import Containers
import DB
import Foundation
import Settings

/// How an ODM run was started. Lies beside the project, for whoever takes the run up; one that an older version has
/// started goes on without.
struct ODMLaunch: ScratchNote {
    let plan: ODMPlan
    /// By content.
    let image: String
    let hasGPU: Bool
    let host: String
    let startedAt: Date

    init(plan: ODMPlan, image: String, hasGPU: Bool, host: String, startedAt: Date) {
        self.plan = plan
        self.image = image
        self.hasGPU = hasGPU
        self.host = host
        self.startedAt = startedAt
    }
}

/// An ODM run that is over. Lies beside the project until the stage has ended.
struct ODMEnd: ScratchNote {
    /// What the orthophoto is worth is not among it yet.
    let evidence: ODMEvidence
    let remarks: ODMRemarks
    let endedAt: Date

    init(_ end: ODMWatch.End, _ transcript: ODMTranscript, _ project: ODMProject, _ settings: ODMSettings) {
        evidence = ODMEvidence(
            kill: end.kill, limit: end.kill == .stalled ? settings.stallLimit : settings.timeout,
            exitCode: end.state?.exitCode, oomKilled: end.state?.oomKilled ?? false, peakMemory: transcript.peakMemory,
            memoryLimit: settings.memory.bytes, tail: transcript.tail, log: project.runLog)
        remarks = transcript.remarks
        endedAt = Date()
    }
}

/// What `v2_task_runs.detail` has of an ODM run. Later runs are estimated from it.
struct ODMDetail: Encodable {
    let photos: Int
    let leftOut: Int
    let megapixels: Double
    let warnings: [String]
    let command: [String]?
    /// What was made gentler after a lack of memory.
    let adjustments: [String]?
    let image: String?
    let host: String?
    let hasGPU: Bool?
    let usedGPU: Bool?
    /// From the container's start to its end.
    let odmSeconds: Double?
    /// Of a run that failed.
    var report: ODMReport?

    init(_ facts: UnpackPhotos.Output, _ launch: ODMLaunch?, _ end: ODMEnd) {
        photos = facts.photos
        leftOut = facts.leftOut
        megapixels = facts.megapixels
        warnings =
            facts.warnings + end.remarks.warnings(hadGPU: launch?.hasGPU ?? false)
            + [launch?.plan.warning].compactMap { $0 }
        command = launch?.plan.shownCommand
        adjustments = launch.flatMap { $0.plan.adjustments.isEmpty ? nil : $0.plan.adjustments }
        image = launch?.image
        host = launch?.host
        hasGPU = launch?.hasGPU
        usedGPU = end.remarks.usedGPU
        odmSeconds = launch.map { end.endedAt.timeIntervalSince($0.startedAt) }
    }

    func json() throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(self), as: UTF8.self)
    }
}
