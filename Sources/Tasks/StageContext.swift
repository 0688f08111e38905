public import DB
public import Logging
public import NativeChild
public import Storage

/// What a stage may use: the job it belongs to, its scratch folder, storage, and a way to say how far it is.
public struct StageContext: Sendable {
    public let job: ClaimedJob
    public let scratch: ScratchFolder
    public let queue: JobQueue
    public let storage: any Storage
    public let native: NativeRunner
    /// Carries queue id, dataset id, attempt and stage.
    public let logger: Logger
    /// True when the task is being canceled because the worker stops, and not because its work is unwanted.
    public let isWorkerStopping: @Sendable () -> Bool
    /// Takes 0 to 1 and, for people, what is being done just now.
    public let report: @Sendable (_ progress: Double, _ note: String?) -> Void
    /// Rings when the queue may have changed.
    public let bell: Bell
    /// True: from here on the stage only waits, for a GPU or for its container, and takes no place of the worker's.
    public let park: @Sendable (Bool) -> Void

    public init(
        job: ClaimedJob, scratch: ScratchFolder, queue: JobQueue, storage: any Storage, native: NativeRunner,
        logger: Logger, isWorkerStopping: @escaping @Sendable () -> Bool,
        report: @escaping @Sendable (_ progress: Double, _ note: String?) -> Void, bell: Bell = Bell(),
        park: @escaping @Sendable (Bool) -> Void = { _ in }
    ) {
        self.job = job
        self.scratch = scratch
        self.queue = queue
        self.storage = storage
        self.native = native
        self.logger = logger
        self.isWorkerStopping = isWorkerStopping
        self.report = report
        self.bell = bell
        self.park = park
    }

    public var datasetID: Int64 { job.datasetID }

    /// Repeats what the database did not answer to. What it cost hours to find out is not thrown away for a connection.
    func untilDatabaseAnswers<Result: Sendable>(_ body: @Sendable () async throws -> Result) async throws -> Result {
        try await UntilDatabaseAnswers(logger).run(body)
    }

    /// Hands a step's own 0…1 on as a part of the stage's.
    func part(_ range: ClosedRange<Double>, _ note: String) -> @Sendable (Double) -> Void {
        { [report] value in report(range.lowerBound + value * (range.upperBound - range.lowerBound), note) }
    }

    /// The same for a transfer, with its bytes in the note: "storing 5_cog.tif, 1.2 of 3.4 GB".
    func transfer(_ range: ClosedRange<Double>, _ note: String) -> TransferReport {
        { [report] progress in
            report(
                range.lowerBound + progress.share * (range.upperBound - range.lowerBound),
                "\(note), \(progress.inWords)")
        }
    }

    /// Runs native work in a child, reporting its progress as a part of the stage's.
    func native<Work: NativeWork>(
        _ work: Work, as range: ClosedRange<Double>, _ note: String
    ) async throws -> NativeResult<Work.Output> {
        try await native.run(work, progress: part(range, note))
    }
}
