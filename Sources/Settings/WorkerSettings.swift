/// How a worker process works.
public struct WorkerSettings: Equatable, Sendable {
    /// Stable across restarts and unique among running workers: claims are kept under this name.
    public let name: String
    /// Scratch space, absolute; the same path on the host and in the worker's container, because Docker
    /// resolves it on the host.
    public let workDirectory: String
    /// Jobs at a time in this process.
    public let concurrency: Int
    /// How often to look for work when no notification comes.
    public let pollInterval: Duration
    /// A claim not renewed for this long may be taken by another worker. Renewed every third of it.
    public let lease: Duration
    /// Attempts in all, for failures that a retry can help.
    public let maxAttempts: Int
    /// How long running work may go on after SIGTERM before it is handed over.
    public let shutdownGrace: Duration
    /// With less free space than this in `workDirectory` the worker claims nothing.
    public let diskReserve: ByteCount
    /// How long the scratch folder of a failed job is kept for inspection; zero, as shipped, removes it at once.
    public let keepFailed: Duration
    /// Image of the deadwood and tree-cover models; their tasks cannot run without it.
    public let segmentationImage: String?
    /// Folder with the GADM, biome and phenology data of the task `metadata`, absolute.
    public let assetsDirectory: String?

    init(reading reader: inout EnvironmentReader, host: HostFacts) {
        name = reader.value(
            "WORKER_NAME", or: host.hostName,
            accepted: "1 to 128 letters, digits, dots, dashes or underscores, such as gpu-1",
            parse: Self.name(written:))
        workDirectory = reader.value(
            "WORK_DIR", or: "/var/lib/deadtrees/work",
            accepted: "an absolute path without a colon, such as /var/lib/deadtrees/work"
        ) { $0.hasPrefix("/") && !$0.contains(":") ? $0 : nil }
        concurrency = reader.count("WORKER_CONCURRENCY", or: max(2, host.cores / 2), in: 1...256)
        pollInterval = reader.duration("POLL_INTERVAL", or: .seconds(30), in: .milliseconds(100)...(.seconds(86_400)))
        // Renewed every third: below 9 s one slow query would lose the claim.
        lease = reader.duration("LEASE", or: .seconds(90), in: .seconds(9)...(.seconds(86_400)))
        maxAttempts = reader.count("MAX_ATTEMPTS", or: 3, in: 1...100)
        shutdownGrace = reader.duration("SHUTDOWN_GRACE", or: .seconds(25), in: .zero...(.seconds(86_400)))
        diskReserve = reader.value(
            "DISK_RESERVE", or: .gibibytes(1), accepted: "a size such as 512MiB or 10GiB, or 0B",
            parse: ByteCount.init(written:))
        keepFailed = reader.duration("KEEP_FAILED", or: .zero, in: .zero...(.seconds(365 * 86_400)))
        segmentationImage = reader.image("SEGMENTATION_IMAGE")
        assetsDirectory = reader.path("ASSETS_DIR", host: host)
    }

    /// The name goes into container labels, log lines and SQL, so it is kept plain.
    private static func name(written text: String) -> String? {
        let allowed = text.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "._-".contains($0)) }
        return allowed && (1...128).contains(text.count) ? text : nil
    }
}
