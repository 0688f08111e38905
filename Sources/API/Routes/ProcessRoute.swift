import DB
import Failures
import Foundation
import HTTPTypes
import Hummingbird

/// `POST` and `PUT /datasets/{id}/process`: queues a dataset's processing.
struct ProcessRoute: Sendable {
    let requests: ProcessRequests
    let tokens: TokenVerifier

    /// The order of the checks is today's.
    func process(_ request: Request, _ context: BasicRequestContext) async throws -> Response {
        let requester = try await tokens.requester(asking: request)
        var request = request
        let body = try await request.collectBody(upTo: 64 << 10)
        let asked = try ProcessBody(
            Data(body.readableBytesView), datasetID: context.parameters.get("dataset_id")?.removingPercentEncoding ?? ""
        )
        let types = try await checked(asked.taskTypes)
        do {
            return JSONBody.response(
                text: try await requests.queue(asked.datasetID, types, priority: asked.priority, by: requester))
        } catch let refusal as ProcessRefusal {
            throw Problem(refusal, asked.datasetID)
        } catch let error as DatabaseError where error.isRefusal {
            throw Problem(.badRequest, "request_refused", error.reason)
        }
    }

    /// Names as the queue has them.
    private func checked(_ asked: [String]) async throws -> [String] {
        guard !asked.isEmpty else {
            throw Problem(.badRequest, "no_task_types", "At least one task type must be specified")
        }
        let known = try await requests.taskTypes()
        if let unknown = asked.first(where: { known[$0] == nil }) {
            throw Problem(.badRequest, "unknown_task_type", "Invalid task type: \(unknown.prefix(100))")
        }
        let types = asked.compactMap { known[$0] }
        let dependent = types.filter { !Self.independent.contains($0) }
        guard types.contains("geotiff") || dependent.isEmpty else {
            throw Problem(
                .badRequest, "geotiff_missing",
                "\(dependent.joined(separator: ", ")) require geotiff in the same processing request")
        }
        return types
    }

    /// All others read what `geotiff` makes, which is kept only while a request lasts.
    private static let independent: Set<String> = ["geotiff", "odm_processing", "metadata"]
}

/// What is asked for.
private struct ProcessBody {
    let datasetID: Int64
    let taskTypes: [String]
    let priority: Int

    /// - Throws: `Problem` 422 with every field that is wrong.
    init(_ body: Data, datasetID text: String) throws(Problem) {
        var wrong: [Problem.WrongField] = []
        let datasetID = Int64(text)
        if datasetID == nil {
            wrong.append(
                .init(loc: ["path", "dataset_id"], msg: "Input should be a valid integer", type: "int_parsing"))
        }
        let written = try? JSONDecoder().decode(Written.self, from: body)  // what is none has no fields
        if let written {
            wrong += written.wrong
        } else {
            wrong.append(.init(loc: ["body"], msg: "Input should be a valid JSON object", type: "json_invalid"))
        }
        guard wrong.isEmpty, let datasetID, let types = written?.taskTypes, let priority = written?.priority else {
            throw .wrongFields(wrong)
        }
        (self.datasetID, self.taskTypes, self.priority) = (datasetID, types, priority)
    }

    /// The JSON object, in which each field may be wrong by itself.
    private struct Written: Decodable {
        enum CodingKeys: String, CodingKey {
            case taskTypes = "task_types"
            case priority
        }
        var taskTypes: [String]?
        var priority: Int?
        var wrong: [Problem.WrongField] = []

        init(from decoder: any Decoder) throws {
            let fields = try decoder.container(keyedBy: CodingKeys.self)
            let isThere = fields.contains(.taskTypes)
            taskTypes = try? fields.decode([String].self, forKey: .taskTypes)  // said below
            if taskTypes == nil {
                let sentence = isThere ? "Input should be a list of strings" : "Field required"
                wrong.append(
                    .init(loc: ["body", "task_types"], msg: sentence, type: isThere ? "list_type" : "missing"))
            }
            let isGiven = fields.contains(.priority)
            priority = isGiven ? try? fields.decode(Int.self, forKey: .priority) : 2  // said below
            if priority.map({ !(1...5).contains($0) }) ?? true {
                wrong.append(
                    .init(loc: ["body", "priority"], msg: "Input should be an integer from 1 to 5", type: "int_type"))
            }
        }
    }
}

extension Problem {
    init(_ refusal: ProcessRefusal, _ datasetID: Int64) {
        switch refusal {
        case .notFound: self.init(.notFound, "no_dataset", "Dataset <ID=\(datasetID)> not found.")
        case .notAllowed:
            self.init(.forbidden, "not_allowed", "You are not allowed to process dataset \(datasetID)")
        case .isRunning:
            self.init(
                .conflict, "dataset_running",
                "Dataset \(datasetID) is currently being processed. Please stop the active processing container, or wait for its end"
            )
        case .isBusy:
            self.init(
                .conflict, "dataset_busy",
                "Something is being done to dataset \(datasetID). Please wait for processing to complete")
        case .statusRows(let count):
            self.init(
                .internalServerError, "status_rows",
                "expected exactly one status row update, got \(count); nothing was queued")
        }
    }
}
