import Failures
import Foundation
import Imagery
import ODMFlags
public import Settings

/// How ODM is run on this host.
public struct ODMOptions: Sendable {
    let settings: ODMSettings
    /// This worker's host, as `v2_gpu_slots.host` names it.
    let host: String
    let worker: String
    /// Scratch folders, the same path for this process and for the Docker Engine.
    let workFolder: String
    /// Free bytes in `workFolder` below which nothing is claimed.
    let diskReserve: Int64
    /// `MAX_ATTEMPTS`: the gentler settings after a lack of memory are spread over them.
    let maxAttempts: Int

    public init(
        settings: ODMSettings, host: String, worker: String, workFolder: String, diskReserve: Int64 = 0,
        maxAttempts: Int = 3
    ) {
        self.settings = settings
        self.host = host
        self.worker = worker
        self.workFolder = workFolder
        self.diskReserve = diskReserve
        self.maxAttempts = maxAttempts
    }

    /// Whether a run has to be stopped for the disk's sake: half of the reserve that claims leave alone is gone, too.
    var isDiskNearlyFull: Bool {
        var system = statvfs()
        guard diskReserve > 0, statvfs(workFolder, &system) == 0 else { return false }
        return Int64(system.f_bavail) * Int64(system.f_frsize) < diskReserve / 2
    }

    /// The command line for one set: the settings' options, what depends on the photos and the host, and what
    /// earlier failures of this row for want of memory have taught.
    ///
    /// - Parameter memoryFailures: runs of this row that ended with `odm_out_of_memory`.
    /// - Throws: `odm_bad_arguments` for a command line that ODM's parser would refuse, before hours are spent on it.
    func plan(dataset: Int64, set: UnpackPhotos.Output, hasGPU: Bool, memoryFailures: Int = 0) throws -> ODMPlan {
        var arguments = base(set: set, hasGPU: hasGPU)
        var adjustments: [String] = []
        let isPlaced = set.photos > 0 && set.placed >= set.photos
        if let part = part(of: set), isPlaced, !arguments.contains("--split"), !arguments.refuses("--split") {
            arguments.set("--split", to: "\(part)")
            let (wanted, given) = (Self.gibibytes(set.estimatedMemory), Self.gibibytes(settings.memory.bytes))
            adjustments.append(
                "in parts of about \(part) photos: the whole set wants about \(wanted) GiB of memory, and ODM has \(given) GiB"
            )
        }
        let ladder = ODMLadder(
            base: arguments, photos: set.photos, isPlaced: isPlaced, cores: Int(settings.cpus.rounded(.up)),
            maxAttempts: maxAttempts)
        var step = ladder.step(after: memoryFailures)
        if step.arguments.contains("--split") {
            step.arguments.setDefault("--split-overlap", to: "150")
            if let url = settings.clusterURL { step.arguments.set("--sm-cluster", to: url) }
        }
        // The dataset comes before the options: one that lacks its value must not take it for that.
        let command = ["--project-path", "/project", String(dataset)] + step.arguments.words
        if let problem = ODMFlag.problem(inCommandLine: command) { throw Failure.badODMCommand(problem, command) }
        return ODMPlan(
            command: command, adjustments: adjustments + step.changes, hasGentlerPlan: step.hasFurther,
            needsNetwork: step.arguments.contains("--sm-cluster"))
    }

    private func base(set: UnpackPhotos.Output, hasGPU: Bool) -> ODMArguments {
        var arguments = settings.arguments
        arguments.setDefault("--max-concurrency", to: String(concurrency(megapixels: set.largestMegapixels)))
        // Only sift can use the GPU; with --fast-orthophoto and any other it would idle.
        if hasGPU, !arguments.contains("--no-gpu") { arguments.setDefault("--feature-type", to: "sift") }
        if let accuracy = set.rtk?.accuracy, accuracy > 0, accuracy.isFinite {
            // Better than a centimetre is not to be had, and beyond 100 m it is no measurement.
            let metres = min(max(accuracy, 0.01), 100)
            arguments.setDefault("--gps-accuracy", to: String(format: "%.3f", metres))
        }
        return arguments
    }

    /// How many photos one part may have where the set as a whole wants more memory than there is; nil where it
    /// does not, or is too small to be split.
    ///
    /// Memory grows with the photos. A third stays free for the photos that neighbouring parts share.
    private func part(of set: UnpackPhotos.Output) -> Int? {
        let memory = settings.memory.bytes
        guard set.estimatedMemory > memory, set.photos >= 2 * ODMLadder.fewestInAPart else { return nil }
        let fitting = Double(set.photos) * Double(memory) / Double(set.estimatedMemory) * 2 / 3
        return max(ODMLadder.fewestInAPart, min(Int(fitting), (set.photos + 1) / 2))
    }

    /// ODM's documentation counts 1 GB a thread for every 2 megapixels of a photo; a third of the memory stays
    /// free for what is not counted by threads.
    /// Source: https://docs.opendronemap.org/arguments/max-concurrency/
    func concurrency(megapixels: Double) -> Int {
        let memory = Double(settings.memory.bytes) / 1_073_741_824 * 2 / 3
        let perThread = max(1, megapixels / 2)
        return max(1, min(Int(settings.cpus.rounded(.up)), Int(memory / perThread)))
    }

    private static func gibibytes(_ bytes: Int64) -> String {
        String(format: "%.0f", max(1, Double(bytes) / 1_073_741_824))
    }
}

/// What one run of ODM is started with.
struct ODMPlan: Codable, Equatable, Sendable {
    /// Arguments of the container.
    var command: [String]
    /// What differs from the usual settings because of memory, in words for the researcher.
    var adjustments: [String]
    /// After one more lack of memory there are gentler settings left; without them a retry is of no use.
    var hasGentlerPlan: Bool
    /// Submodels go to another machine; all other runs have no network.
    var needsNetwork: Bool

    /// The command line as it may be written down: the cluster's address may hold a token.
    var shownCommand: [String] {
        var shown = command
        for index in shown.indices.dropFirst() where shown[index - 1] == "--sm-cluster" {
            shown[index] = shown[index].replacing(/\?.*/, with: "?…")
        }
        return shown
    }

    /// For the researcher, nil where nothing was adjusted.
    var warning: String? {
        adjustments.isEmpty
            ? nil : "made with other settings, for lack of memory: \(adjustments.joined(separator: "; "))"
    }
}

extension Failure {
    static func badODMCommand(_ problem: String, _ command: [String]) -> Failure {
        Failure(
            "odm_bad_arguments", "ODM would refuse its command line; an operator has to look at ODM_ARGS",
            detail: "\(problem): \(command.joined(separator: " "))")
    }
}
