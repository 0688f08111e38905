public import Tasks

/// How a worker behaves. Defaults are those of the settings (docs/operations.md).
public struct WorkerOptions: Sendable {
    /// Jobs at a time in this process.
    public var concurrency: Int
    /// How long to wait for work when no notification comes.
    public var pollInterval: Duration
    /// The same while the listener has no connection.
    public var deafPollInterval: Duration = .seconds(5)
    /// How long a claim holds without a heartbeat; renewed every third of it.
    public var lease: Duration
    /// The same while an ODM container runs.
    public var odmLease: Duration
    /// How often a row may fail, for reasons that a retry can help, before it fails for good.
    public var maxAttempts: Int
    /// How long running stages may go on after SIGTERM.
    public var shutdownGrace: Duration
    /// Where scratch folders are made.
    public var workFolder: String
    /// With less free space than this in `workFolder`, in bytes, nothing is claimed.
    public var diskReserve: Int64
    /// How long the scratch folder of a row that failed for good stays, for whoever wants to look at it.
    public var keepFailed: Duration
    /// For what ODM has written as root, where this worker is not; nil leaves it.
    public var ownership: FolderOwnership?
    /// Take what is runnable now, finish it, end.
    public var once: Bool

    public init(
        concurrency: Int, pollInterval: Duration, lease: Duration, odmLease: Duration, maxAttempts: Int,
        shutdownGrace: Duration, workFolder: String, diskReserve: Int64 = 0, keepFailed: Duration = .zero,
        ownership: FolderOwnership? = nil, once: Bool
    ) {
        self.concurrency = concurrency
        self.pollInterval = pollInterval
        self.lease = lease
        self.odmLease = odmLease
        self.maxAttempts = maxAttempts
        self.shutdownGrace = shutdownGrace
        self.workFolder = workFolder
        self.diskReserve = diskReserve
        self.keepFailed = keepFailed
        self.ownership = ownership
        self.once = once
    }
}
