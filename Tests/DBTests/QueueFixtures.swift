import DB
import TestSupport
import Testing

extension TaskType {
    static let odm = TaskType(rawValue: "odm_processing")
    static let geotiff = TaskType(rawValue: "geotiff")
    static let cog = TaskType(rawValue: "cog")
    static let thumbnail = TaskType(rawValue: "thumbnail")
}

/// A worker and the row it has claimed.
struct Claimed {
    let worker: WorkerIdentity
    let job: ClaimedJob
    var token: LeaseToken { job.token }
}

extension TestDatabase {
    static let everyType: [TaskType] = [.odm, .geotiff, .cog, .thumbnail]

    func claim(_ worker: WorkerIdentity, limit: Int = 10, lease: Duration = .seconds(90), known: [Int64]? = nil)
        async throws -> [ClaimedJob]
    {
        try await queue.claim(for: worker, taskTypes: Self.everyType, limit: limit, lease: lease, known: known)
    }

    /// A dataset whose row of `types` is running on worker `name`, with a GPU slot where it begins with ODM. The claim
    /// runs out after `lease`.
    func addClaimed(
        _ types: [String], by name: String = "w", lease: Duration = .seconds(90)
    ) async throws -> Claimed {
        _ = try await enqueue(addDataset(), types)
        let worker = try await addWorker(name, types: Self.everyType)
        let jobs = try await claim(worker, limit: 1, lease: lease)
        let job = try #require(jobs.first)
        if job.stage == .odm { #expect(try await queue.holdSlot(job.token, host: name)) }
        return Claimed(worker: worker, job: job)
    }

    func count(_ table: String, _ condition: String = "true") async throws -> Int {
        try await sql("SELECT count(*) AS n FROM \(table) WHERE \(condition)")[0].get("n")
    }

    func text(_ sql: String, _ parameters: [SQLValue] = []) async throws -> String? {
        try await self.sql("SELECT (\(sql))::text AS answer", parameters)[0].getIfPresent("answer")
    }

    /// What the server says when it refuses `sql`.
    func refusal(of sql: String) async throws -> String {
        try await #require(throws: DatabaseError.self) { try await self.sql(sql) }.message
    }
}
