import Failures
import Foundation

/// Why an ODM run failed, in words. The detail is added by `ODMVerdict`.
extension Failure {
    static func odmTimedOut(_ limit: String) -> Failure {
        Failure(
            "odm_timed_out",
            "\(limit) for ODM was reached and the run was stopped; fewer photos or a lower resolution take less time"
        )
    }

    static func odmInterrupted() -> Failure {
        Failure("odm_interrupted", "the ODM run was interrupted from outside", retry: .later)
    }

    /// - Parameter again: gentler settings are left to try.
    static func odmOutOfMemory(peak: Int64?, limit: Int64?, again: Bool) -> Failure {
        let had = limit.map { " (it had \(gibibytes($0)))" } ?? ""
        let advice =
            again
            ? "it is tried again with gentler settings"
            : "gentler settings did not help; fewer photos, a lower resolution or a host with more memory are needed"
        return Failure(
            "odm_out_of_memory", "ODM ran out of memory\(had); \(advice)",
            detail: peak.map { "peak \(gibibytes($0))" }, retry: again ? .later : .never)
    }

    private static func gibibytes(_ bytes: Int64) -> String {
        String(format: "%.1f GiB", Double(bytes) / 1_073_741_824)
    }
}

extension ODMVerdict {
    /// Lines of ODM's that name a cause in the photos or in what surrounds the run.
    /// Source: the `ExitException`s in ODM's stages/ and opendm/.
    static let texts: [(texts: [String], code: String, sentence: String, retry: Failure.Retry)] = [
        (
            ["Cluster node seems to be offline"], "odm_cluster_unreachable",
            "the cluster that takes parts of the set did not answer; an operator has to look at ODM_CLUSTER_URL", .later
        ),
        (
            ["There are no images in", "Not enough supported images", "Not enough photos in photos array"],
            "odm_too_few_photos", "ODM found too few photos that it can use", .never
        ),
        (
            ["Check that the images have enough overlap"], "odm_no_overlap",
            "ODM could not join the photos: they overlap too little, or lack position or detail", .never
        ),
        (
            [
                "ended up with an empty point cloud", "Dense reconstruction failed",
                "Could not compute dense point cloud", "No OpenMVS scenes found", "Cannot find scene_dense",
            ],
            "odm_no_surface",
            "ODM could not make a surface from the photos: they overlap too little or are too blurred", .never
        ),
        (
            [
                "GCP file does not have any entries", "no valid GCP entries", "Could not project GCP",
                "Bad SRS supplied",
            ],
            "odm_bad_gcp", "ODM could not use the ground control points that came with the photos", .never
        ),
    ]
}
