public import DB

extension StageKind {
    /// What the worker's own handler of this type says of itself.
    public static func of(_ type: TaskType) -> StageKind {
        let (status, flag): (DatasetStatus, DoneFlag) =
            switch type.rawValue {
            case "odm_processing": (.odmProcessing, .odm)
            case "metadata": (.metadataProcessing, .metadata)
            case "cog": (.cogProcessing, .cog)
            case "thumbnail": (.thumbnailProcessing, .thumbnail)
            default: (.orthoProcessing, .ortho)
            }
        return StageKind(type: type, status: status, flag: flag)
    }
}

extension JobQueue {
    /// Claims as a worker that runs `taskTypes`, in this order.
    public func claim(
        for worker: WorkerIdentity, taskTypes: [TaskType], limit: Int, lease: Duration, known: [Int64]? = nil
    ) async throws -> [ClaimedJob] {
        try await claim(for: worker, stages: taskTypes.map(StageKind.of), limit: limit, lease: lease, known: known)
    }

    /// Writes one stage's end, as the worker does. Without `next` the row is finished with it.
    public func complete(
        _ job: ClaimedJob, _ type: TaskType, next: TaskType? = nil, measures: StageMeasures = StageMeasures(),
        records: [StageRecord] = []
    ) async throws {
        let end = StageEnd(
            token: job.token, datasetID: job.datasetID, kind: .of(type), measures: measures, records: records,
            next: next.map(StageKind.of))
        if let refusal = try await complete([end])[job.queueID] { throw refusal }
    }
}
