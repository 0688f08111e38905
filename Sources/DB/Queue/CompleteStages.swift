public import Failures
import Foundation

/// A stage that has worked, and what comes after it.
public struct StageEnd: Sendable {
    public let token: LeaseToken
    public let datasetID: Int64
    public let kind: StageKind
    public let measures: StageMeasures
    public let records: [StageRecord]
    /// The row's next stage, whose run is opened with this one's end; nil lets the row go as succeeded.
    public let next: StageKind?

    public init(
        token: LeaseToken, datasetID: Int64, kind: StageKind, measures: StageMeasures, records: [StageRecord],
        next: StageKind?
    ) {
        self.token = token
        self.datasetID = datasetID
        self.kind = kind
        self.measures = measures
        self.records = records
        self.next = next
    }
}

extension JobQueue {
    /// Publishes the results of stages, each with its records, its flag, its history and what comes next, all or
    /// nothing. Many share one transaction; one that is refused keeps none of the others from being written.
    /// May be repeated when its answer was lost.
    /// - Parameter ends: of claims of one worker, each of another row.
    /// - Returns: the ends that were not written, by queue id: `lease_lost`, or what the database said of its records.
    /// - Throws: `DatabaseError` when nothing was written, or nobody knows.
    public func complete(_ ends: [StageEnd]) async throws -> [Int64: Failure] {
        guard let worker = ends.first?.token.worker else { return [:] }
        guard ends.contains(where: { !$0.records.isEmpty }) else {
            let rows = try await database.run(Self.completeStages, [.text(worker), Self.json(ends)])
            return try Self.stale(ends, written: rows)
        }
        return try await database.transaction { transaction in
            let held = try transaction.fence(ends.map(\.token))
            var refused: [Int64: Failure] = [:]
            for end in ends where held.contains(end.token.queueID) && !end.records.isEmpty {
                refused[end.token.queueID] = try transaction.writeRecords(of: end, isAlone: ends.count == 1)
            }
            let good = ends.filter { refused[$0.token.queueID] == nil }
            let rows = try transaction.run(Self.completeStages, [.text(worker), Self.json(good)])
            return try Self.stale(good, written: rows).merging(refused) { first, _ in first }
        }
    }

    private static func stale(_ ends: [StageEnd], written rows: [Row]) throws -> [Int64: Failure] {
        let written = Set(try rows.map { try $0.get("queue_id", as: Int64.self) })
        let stale = ends.filter { !written.contains($0.token.queueID) }
        return Dictionary(uniqueKeysWithValues: stale.map { ($0.token.queueID, Failure.leaseLost($0.token)) })
    }

    /// What `v2_complete` takes.
    private static func json(_ ends: [StageEnd]) throws -> SQLValue {
        struct Entry: Encodable {
            let queue_id: Int64, attempt: Int, task_type: String, flag: String
            let exit_code: Int?, peak_memory_bytes: Int64?, detail: String?
            let next_type: String?, next_status: String?, next_flag: String?
        }
        let entries = ends.map { end in
            Entry(
                queue_id: end.token.queueID, attempt: end.token.attempt, task_type: end.kind.type.rawValue,
                flag: end.kind.flag.rawValue, exit_code: end.measures.exitCode,
                peak_memory_bytes: end.measures.peakMemoryBytes, detail: end.measures.detail,
                next_type: end.next?.type.rawValue, next_status: end.next?.status.rawValue,
                next_flag: end.next?.flag.rawValue)
        }
        return .text(String(decoding: try JSONEncoder().encode(entries), as: UTF8.self))
    }

    private static let completeStages = Statement(
        "complete stages", "SELECT v2_complete AS queue_id FROM v2_complete($1, $2)")
}

extension Transaction {
    /// Writes one end's records. With others in the transaction, a refusal undoes this end's only, and is returned.
    fileprivate func writeRecords(of end: StageEnd, isAlone: Bool) throws -> Failure? {
        do {
            if !isAlone { try script("SAVEPOINT records", as: "savepoint") }
            for record in end.records { try write(record, of: end.datasetID) }
            if !isAlone { try script("RELEASE SAVEPOINT records", as: "release savepoint") }
            return nil
        } catch let error as DatabaseError where !isAlone && !error.isConnectionLoss && !error.isContention {
            try script("ROLLBACK TO SAVEPOINT records; RELEASE SAVEPOINT records", as: "roll back to savepoint")
            return Failure(error)
        }
    }
}
