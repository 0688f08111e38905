import Containers
import Failures
import Foundation

/// What is known of an ODM run that has ended.
struct ODMEvidence: Codable, Sendable {
    /// We ended it because its time was up.
    var timedOut: Duration?
    var exitCode: Int32?
    var oomKilled = false
    /// The last lines of output, without colours.
    var tail: [String] = []
    /// `log.json` says so; nil where there is none.
    var logSuccess: Bool?
    /// The orthophoto's file is there and not empty.
    var hasOrthophoto = false

    func says(_ texts: String...) -> Bool {
        tail.contains { line in texts.contains { line.contains($0) } }
    }
}

/// Decides why a run failed. The exit code alone never does: 1 may be bad data, a lack of memory in a child, or
/// a container that was stopped.
/// Source: ODM's opendm/system.py and stages/odm_app.py, see docs/odm.md.
enum ODMVerdict {
    /// Nil when the run succeeded.
    static func failure(_ evidence: ODMEvidence) -> Failure? {
        // A run that ended well may have said on its way that a child of it was killed, and tried again in tiles.
        if evidence.exitCode == 0, evidence.logSuccess == true, evidence.hasOrthophoto { return nil }
        return own(evidence) ?? memory(evidence) ?? stopped(evidence) ?? disk(evidence) ?? data(evidence)
            ?? setup(evidence) ?? result(evidence)
    }

    /// Our own kill, whatever the container made of it. 124 is `timeout`, its first process.
    private static func own(_ evidence: ODMEvidence) -> Failure? {
        guard let limit = evidence.timedOut else {
            guard evidence.exitCode == 124 else { return nil }
            return fail(
                evidence, "odm_timed_out",
                "the time limit for one ODM run was reached; fewer photos or a lower resolution take less time")
        }
        return fail(
            evidence, "odm_timed_out",
            "the \(inWords(limit)) limit for one ODM run was reached and the run was stopped; fewer photos or a lower resolution take less time"
        )
    }

    private static func memory(_ evidence: ODMEvidence) -> Failure? {
        guard
            evidence.says(
                "ran out of memory!", "Child returned 137", "MemoryError", "std::bad_alloc", "enough memory to render")
                || evidence.tail.contains(where: { $0.hasSuffix("Killed") })
                || (evidence.exitCode != 0 && evidence.oomKilled) || evidence.exitCode == 137
        else { return nil }
        return fail(
            evidence, "odm_out_of_memory",
            "ODM ran out of memory; fewer photos, a lower resolution or a host with more memory are needed", .later)
    }

    /// 255 is what an engine reports of a container that it lost in a reboot.
    private static func stopped(_ evidence: ODMEvidence) -> Failure? {
        guard evidence.says("Caught TERM/INT signal") || [143, 255].contains(evidence.exitCode) else { return nil }
        return fail(evidence, "odm_interrupted", "the ODM run was interrupted from outside", .later)
    }

    private static func disk(_ evidence: ODMEvidence) -> Failure? {
        guard evidence.says("No space left on device", "Errno 28", "queue.Full") else { return nil }
        return fail(evidence, "odm_disk_full", "the worker's disk was full during the ODM run", .later)
    }

    private static func data(_ evidence: ODMEvidence) -> Failure? {
        let sentences: [(texts: [String], code: String, sentence: String)] = [
            (
                ["There are no images in", "Not enough supported images", "Not enough photos in photos array"],
                "odm_too_few_photos", "ODM found too few photos that it can use"
            ),
            (
                ["Check that the images have enough overlap"],
                "odm_no_overlap", "ODM could not join the photos: they overlap too little, or lack position or detail"
            ),
            (
                [
                    "ended up with an empty point cloud", "Dense reconstruction failed",
                    "Could not compute dense point cloud",
                    "No OpenMVS scenes found", "Cannot find scene_dense",
                ],
                "odm_no_surface",
                "ODM could not make a surface from the photos: they overlap too little or are too blurred"
            ),
            (
                [
                    "GCP file does not have any entries", "no valid GCP entries", "Could not project GCP",
                    "Bad SRS supplied",
                ],
                "odm_bad_gcp", "ODM could not use the ground control points that came with the photos"
            ),
        ]
        for known in sentences
        where evidence.tail.contains(where: { line in known.texts.contains { line.contains($0) } }) {
            return fail(evidence, known.code, known.sentence)
        }
        return nil
    }

    private static func setup(_ evidence: ODMEvidence) -> Failure? {
        switch evidence.exitCode {
        case 2: fail(evidence, "odm_bad_arguments", "ODM refused its command line; an operator has to look at ODM_ARGS")
        case 3, 127:
            fail(
                evidence, "odm_bad_image",
                "the ODM image lacks a program that it needs; an operator has to look at ODM_IMAGE")
        case 132:
            fail(evidence, "odm_bad_cpu", "the worker's processor is too old for ODM; an operator has to look at it")
        default: nil
        }
    }

    /// Exit 0 alone proves nothing: ODM also ends with 0 when it could not render, and an engine that lost a
    /// container's traces reports 0.
    private static func result(_ evidence: ODMEvidence) -> Failure? {
        guard let code = evidence.exitCode, code == 0 else {
            return fail(evidence, "odm_failed", "ODM failed for a reason that it did not name", .later)
        }
        guard evidence.logSuccess == true else {
            return fail(evidence, "odm_lost", "the ODM run ended without saying that it succeeded", .later)
        }
        guard evidence.hasOrthophoto else {
            return fail(
                evidence, "odm_no_orthophoto",
                "ODM finished without an orthophoto: the photos could not be placed on the ground")
        }
        return nil
    }

    private static func fail(
        _ evidence: ODMEvidence, _ code: String, _ sentence: String, _ retry: Failure.Retry = .never
    ) -> Failure {
        let exit = evidence.exitCode.map(String.init) ?? "none"
        let tail = evidence.tail.suffix(12).joined(separator: " | ").suffix(1500)
        return Failure(
            code, sentence, detail: "exit code \(exit), oom killed \(evidence.oomKilled), last lines: \(tail)",
            retry: retry)
    }

    private static func inWords(_ duration: Duration) -> String {
        let seconds = duration.components.seconds
        return seconds % 3600 == 0 ? "\(seconds / 3600) h" : seconds % 60 == 0 ? "\(seconds / 60) min" : "\(seconds) s"
    }
}
