import Failures

extension JobQueue {
    /// Runs `body` and puts what the database refuses into the sentence that it gives for it.
    @discardableResult
    func inWords<Result>(_ body: () async throws -> Result) async throws -> Result {
        do {
            return try await body()
        } catch let error as DatabaseError {
            throw error.refusal ?? error
        }
    }
}

extension DatabaseError {
    /// The refusal of a request, in the database's own words; nil for errors that are not about the request.
    /// Source: https://www.postgresql.org/docs/15/errcodes-appendix.html
    var refusal: Failure? {
        switch sqlState {
        case "23514", "55006": Failure("refused", sentence)
        case "P0002": Failure("not_found", sentence)
        case "42P01", "42883", "42703": .schemaMissing(description)
        default: nil
        }
    }

    /// The message alone, without the severity before it and the context after it.
    private var sentence: String {
        let text = message.replacing(/^ERROR: +/, with: "")
        let end = text.firstRange(of: /; (CONTEXT|DETAIL|HINT):/)?.lowerBound ?? text.endIndex
        return String(text[..<end])
    }
}

extension Failure {
    static func schemaMissing(_ detail: String) -> Failure {
        Failure(
            "schema_missing", "the database does not have the queue's newest tables; run deadtrees migrate",
            detail: detail)
    }
    static func noDataset(_ id: Int64) -> Failure {
        Failure("not_found", "dataset \(id) does not exist")
    }
    static func noQueueRow(_ id: Int64) -> Failure {
        Failure(
            "not_found",
            "queue row \(id) does not exist and no worker ever ran it; deadtrees queue list shows what there is")
    }
    static func notInQueue(_ id: Int64) -> Failure {
        Failure(
            "not_found", "queue row \(id) is not in the queue (any more); deadtrees queue show \(id) says how it ended")
    }
    static func noWorker(_ name: String) -> Failure {
        Failure("not_found", "no worker is registered as \(name); deadtrees workers lists them")
    }
}
