public import DB
public import Failures

/// One task type: what it is called, what a dataset's status says meanwhile and after, and the work itself.
///
/// A new task type is a new file with such a type, a line in `TaskRegistry.standard`, its row in `v2_task_types`,
/// and, where it has a status and a flag of its own, their cases in DB. See docs/adding-a-task.md.
public protocol TaskHandler: Sendable {
    var type: TaskType { get }
    /// Shown as `v2_statuses.current_status` while the stage runs.
    var status: DatasetStatus { get }
    /// Set in `v2_statuses` when the stage is done.
    var flag: DoneFlag { get }

    /// Whether the stage works with files in its scratch folder. True unless said otherwise.
    var needsScratch: Bool { get }

    /// Why this host cannot run the stage just now, whatever the dataset; nil when it can. Looked at before rows are
    /// claimed for it, and again until it has healed. Nil unless said otherwise.
    func obstacle() async -> Failure?

    /// Does the stage's work for one dataset. Files go to storage here; rows go into the database with the
    /// result's `records`, in the transaction that marks the stage as done. Must stop soon when its task is
    /// canceled, and may be run again after any failure.
    /// - Throws: `Failure`, whose `retry` decides whether the row is tried again; `CancellationError`.
    func run(_ stage: StageContext) async throws -> StageResult
}

extension TaskHandler {
    public var needsScratch: Bool { true }

    public func obstacle() async -> Failure? { nil }

    /// What the database has to know of the stage.
    public var kind: StageKind { StageKind(type: type, status: status, flag: flag) }
}

/// What a stage leaves behind when it worked.
public struct StageResult: Codable, Sendable, Equatable {
    public var measures: StageMeasures
    /// The stage's rows.
    public var records: [StageRecord]

    public init(measures: StageMeasures = StageMeasures(), records: [StageRecord] = []) {
        self.measures = measures
        self.records = records
    }

    var isEmpty: Bool { self == StageResult() }
}

/// A failure of a stage that measured something before it failed.
public struct FailedStage: FailureConvertible {
    public let failure: Failure
    public let measures: StageMeasures

    public init(_ failure: Failure, _ measures: StageMeasures) {
        self.failure = failure
        self.measures = measures
    }
}

extension TaskType {
    public static let odmProcessing = TaskType(rawValue: "odm_processing")
    public static let geotiff = TaskType(rawValue: "geotiff")
    public static let metadata = TaskType(rawValue: "metadata")
    public static let cog = TaskType(rawValue: "cog")
    public static let thumbnail = TaskType(rawValue: "thumbnail")
}
