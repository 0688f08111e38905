import Foundation
import Imagery
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

    public init(settings: ODMSettings, host: String, worker: String, workFolder: String, diskReserve: Int64 = 0) {
        self.settings = settings
        self.host = host
        self.worker = worker
        self.workFolder = workFolder
        self.diskReserve = diskReserve
    }

    /// Whether a run has to be stopped for the disk's sake: half of the reserve that claims leave alone is gone, too.
    var isDiskNearlyFull: Bool {
        var system = statvfs()
        guard diskReserve > 0, statvfs(workFolder, &system) == 0 else { return false }
        return Int64(system.f_bavail) * Int64(system.f_frsize) < diskReserve / 2
    }

    /// The command line for one set: the settings' flags, and what depends on the photos and the host.
    func command(dataset: Int64, set: UnpackPhotos.Output, hasGPU: Bool) -> [String] {
        var arguments = settings.arguments
        arguments.setDefault("--max-concurrency", to: String(concurrency(megapixels: set.largestMegapixels)))
        // Only sift can use the GPU; with --fast-orthophoto and any other it would idle.
        if hasGPU { arguments.setDefault("--feature-type", to: "sift") }
        if let accuracy = set.rtk?.accuracy, accuracy > 0 {
            arguments.setDefault("--gps-accuracy", to: String(format: "%.3f", max(accuracy, 0.01)))
        }
        // The dataset comes before the flags: one that lacks its value must not take it for that.
        return ["--project-path", "/project", String(dataset)] + arguments.words
    }

    /// ODM's documentation counts 1 GB a thread for every 2 megapixels of a photo; a third of the memory stays
    /// free for what is not counted by threads.
    /// Source: https://docs.opendronemap.org/arguments/max-concurrency/
    func concurrency(megapixels: Double) -> Int {
        let memory = Double(settings.memory.bytes) / 1_073_741_824 * 2 / 3
        let perThread = max(1, megapixels / 2)
        return max(1, min(Int(settings.cpus.rounded(.up)), Int(memory / perThread)))
    }
}
