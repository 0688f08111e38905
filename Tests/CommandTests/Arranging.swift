import DB
import Failures
import Foundation
import TestSupport
import Testing

extension TestDatabase {
    /// A row whose first stage failed for good, so that it has left the queue.
    func failedRow(types: [String], dataset given: Int64? = nil) async throws -> (dataset: Int64, row: Int64) {
        var dataset = given ?? 0
        if given == nil { dataset = try await addDataset() }
        let row = try await enqueue(dataset, types)
        let worker = try await addWorker("w", types: types.map(TaskType.init))
        let jobs = try await queue.claim(
            for: worker, taskTypes: types.map(TaskType.init), limit: 1, lease: .seconds(90))
        let job = try #require(jobs.first { $0.queueID == row })
        let failure = Failure("odm_no_overlap", "the photos overlap too little")
        try await queue.fail(
            job.token, datasetID: dataset, outcome: .failed, failure: failure, sentence: failure.sentence,
            measures: StageMeasures())
        return (dataset, row)
    }
}
