import Failures
import Foundation
import Web

/// Answers that can be understood.
enum UploadAnswer {
    /// - Throws: `server_answer_unreadable`.
    static func decode<Answer: Decodable>(_ type: Answer.Type, _ data: Data) throws -> Answer {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        do { return try decoder.decode(type, from: data) } catch { throw Failure.answerUnreadable(data) }
    }
}

/// What a server has of an upload.
struct UploadStanding: Decodable, Sendable {
    enum State: String, Decodable, Sendable { case receiving, storing, done }

    let chunksTotal: Int
    let missing: [Int]
    let state: State
    let datasetId: Int64?
}

/// A dataset that an upload became.
struct UploadedDataset: Sendable {
    private struct Answer: Decodable { let id: Int64 }

    let id: Int64
    /// As the server wrote it; of an upload that was done before, the id alone.
    let json: Data

    init(_ json: Data) throws { (id, self.json) = (try UploadAnswer.decode(Answer.self, json).id, json) }

    init(id: Int64) { (self.id, json) = (id, Data("{\"id\":\(id)}".utf8)) }
}

/// What is to be done with a dataset.
struct ProcessingOrder: Encodable, Sendable {
    let taskTypes: [String]
    let priority: Int

    private enum CodingKeys: String, CodingKey {
        case taskTypes = "task_types"
        case priority
    }
}

/// A dataset's place in the queue.
struct QueuePlace: Sendable {
    private struct Answer: Decodable { let id: Int64, currentPosition: Int64? }

    let id: Int64
    let currentPosition: Int64?
    /// As the server wrote it.
    let json: Data

    init(_ json: Data) throws {
        let answer = try UploadAnswer.decode(Answer.self, json)
        (id, currentPosition, self.json) = (answer.id, answer.currentPosition, json)
    }
}

/// A server's no.
struct UploadRefusal: FailureConvertible {
    private struct Answer: Decodable { let detail: Detail?, missing: [Int]? }

    /// A sentence, or FastAPI's list of wrong fields.
    private enum Detail: Decodable {
        struct Field: Decodable { let loc: [Place], msg: String }
        /// A field's name, or an index.
        struct Place: Decodable {
            let text: String
            init(from decoder: any Decoder) throws {
                let value = try decoder.singleValueContainer()
                let name = try? value.decode(String.self)  // else an index
                text = try name ?? "\(value.decode(Int.self))"
            }
        }
        case words(String)
        case fields([Field])

        init(from decoder: any Decoder) throws {
            let value = try decoder.singleValueContainer()
            let words = try? value.decode(String.self)  // else a list
            self = try words.map(Detail.words) ?? .fields(value.decode([Field].self))
        }

        var sentence: String {
            switch self {
            case .words(let words): words
            case .fields(let fields):
                fields.map { "\($0.loc.map(\.text).joined(separator: ".")): \($0.msg)" }.joined(separator: "; ")
            }
        }
    }

    let status: Int
    let sentence: String
    /// How long to leave the server alone, if it said that; at most an hour.
    let retryAfter: Duration?
    /// Chunks that it lacks.
    let missing: [Int]

    init(_ answer: WebResponse) {
        let body = try? JSONDecoder().decode(Answer.self, from: Data(answer.body))  // A proxy answers with a page.
        status = answer.status
        sentence = body?.detail?.sentence ?? "it answered \(answer.status)"
        retryAfter = answer.headers["retry-after"].flatMap { Int($0) }.map { .seconds(min(max(0, $0), 3600)) }
        missing = body?.missing ?? []
    }

    var failure: Failure { .refused(self) }
}
