import Testing

/// A fault of the ODM simulator, and what is to become of its row.
struct ODMFaultCase: Sendable, CustomTestStringConvertible {
    let name: String
    /// Of the simulator, beside the fault itself.
    var simulator: [String: String] = [:]
    /// Of the worker.
    var settings: [String: String] = [:]
    /// In `v2_task_runs`; nil for a run that succeeds.
    let code: String?
    /// A part of what the researcher reads in `v2_statuses`.
    var sentence: String?

    var testDescription: String { "\(name) \(simulator.values.sorted()) \(settings.values.sorted())" }

    static let all: [ODMFaultCase] = succeeding + failing + unusable

    private static let succeeding = [
        ODMFaultCase(name: "none", code: nil),
        ODMFaultCase(name: "oom-child-survived", code: nil),
        ODMFaultCase(name: "ignore-term", code: nil),
        ODMFaultCase(name: "chatter", simulator: ["CHATTER": "2000000"], code: nil),
        ODMFaultCase(name: "gpu-fallback", settings: ["ODM_ARGS": "--feature-type sift"], code: nil),
    ]

    private static let failing = [
        ODMFaultCase(name: "oom-child", code: "odm_out_of_memory", sentence: "ODM ran out of memory"),
        ODMFaultCase(name: "oom-container", code: "odm_out_of_memory", sentence: "ODM ran out of memory"),
        ODMFaultCase(
            name: "hang", settings: ["ODM_TIMEOUT": "3s"], code: "odm_timed_out",
            sentence: "the 3 s limit for ODM was reached"),
        ODMFaultCase(
            name: "hang,ignore-term", settings: ["ODM_TIMEOUT": "3s"], code: "odm_timed_out",
            sentence: "the 3 s limit for ODM was reached"),
        ODMFaultCase(
            name: "hang", settings: ["ODM_STALL": "2s"], code: "odm_stalled",
            sentence: "neither printed nor computed anything"),
        ODMFaultCase(
            name: "disk-full", simulator: ["DISK": "5000000"], code: "odm_disk_full", sentence: "disk was full"),
        ODMFaultCase(name: "strange-values", code: "odm_strange_values", sentence: "strange values"),
        ODMFaultCase(name: "no-overlap", code: "odm_no_overlap", sentence: "ODM could not join the photos"),
        ODMFaultCase(name: "crash", code: "odm_strange_values", sentence: "strange values"),
        ODMFaultCase(name: "abort", code: "odm_strange_values", sentence: "strange values"),
        ODMFaultCase(name: "bad-image", code: "odm_bad_image", sentence: "an operator has to look at ODM_IMAGE"),
        ODMFaultCase(name: "bad-arguments", code: "odm_bad_arguments", sentence: "ODM refused its command line"),
        ODMFaultCase(
            name: "exit", simulator: ["EXIT": "42"], code: "odm_failed", sentence: "for a reason that it did not name"),
        ODMFaultCase(name: "lost", code: "odm_lost", sentence: "without saying that it succeeded"),
    ]

    /// Exit 0, `success` in log.json, and nothing to go on with.
    private static let unusable = [
        ODMFaultCase(name: "no-orthophoto", code: "odm_no_orthophoto", sentence: "without an orthophoto"),
        ODMFaultCase(name: "broken-orthophoto", code: "odm_broken_orthophoto", sentence: "orthophoto"),
        ODMFaultCase(name: "no-crs", code: "odm_no_crs", sentence: "orthophoto"),
        ODMFaultCase(name: "empty-orthophoto", code: "odm_empty_orthophoto", sentence: "orthophoto"),
    ]
}
