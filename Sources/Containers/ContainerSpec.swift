/// What a container is to be. What is not listed is fixed for safety: no restart, no automatic removal, no terminal,
/// no new privileges, and of the root user's capabilities only ``addedCapabilities``.
public struct ContainerSpec: Sendable {
    /// A folder of the engine's host that the container sees. It has to exist.
    public struct Mount: Equatable, Sendable {
        /// On the host of the engine, absolute.
        public var source: String
        /// In the container, absolute.
        public var target: String
        public var isReadOnly: Bool

        public init(source: String, target: String, isReadOnly: Bool = false) {
            self.source = source
            self.target = target
            self.isReadOnly = isReadOnly
        }
    }

    /// Which NVIDIA GPUs the container gets.
    public enum GPUs: Equatable, Sendable {
        case none
        case all
        /// By index or UUID, as `nvidia-smi -L` prints them.
        case devices([String])
    }

    public var image: String
    /// In place of the image's own entry point; nil keeps that.
    public var entrypoint: [String]?
    /// Arguments of the entry point; nil keeps the image's own.
    public var command: [String]?
    public var environment: [String: String] = [:]
    public var labels: [String: String] = [:]
    public var mounts: [Mount] = []
    /// Folders in memory: path in the container, and mount options such as `rw,size=64m`.
    public var temporaryFolders: [String: String] = [:]
    /// Name, number or `user:group`; nil is the image's own, mostly root.
    public var user: String?
    /// `none`, or a network of the engine.
    public var network = "none"
    public var gpus = GPUs.none

    /// Bytes of memory, at least 6 MiB; swap is never added to it. Nil: no limit.
    public var memory: Int64?
    /// How many cores' worth of time; nil: all.
    public var cpus: Double?
    /// Which cores, e.g. `0-3,8`; nil: all.
    public var cpuSet: String?
    /// Processes and threads at a time.
    public var pids: Int64 = 8192
    /// Bytes of /dev/shm.
    public var sharedMemory: Int64 = 1 << 30
    /// From 0 to 1000: how much sooner than others the kernel ends it when the host runs out of memory.
    public var oomScoreAdjustment = 500
    /// `DAC_OVERRIDE` lets root in the container write to a mounted folder that belongs to another user.
    public var addedCapabilities = ["DAC_OVERRIDE"]
    /// Between the request to stop and the kill.
    public var stopTimeout = Duration.seconds(30)
    /// The engine keeps this many bytes of output in each of ``logFiles`` files, and drops older ones.
    public var logFileSize: Int64 = 200 << 20
    public var logFiles = 5

    public init(image: String, command: [String]? = nil) {
        self.image = image
        self.command = command
    }
}
