import Failures
import Foundation
import HTTPTypes
import Hummingbird

/// What went wrong with a request, as its answer says it: RFC 9457's members, with the `detail` that clients of today's
/// API read. For a wrong field that is a list, as FastAPI has it.
/// Source: https://www.rfc-editor.org/rfc/rfc9457.html
struct Problem: Error {
    /// One wrong field of a request.
    struct WrongField: Encodable, Sendable {
        /// Where: `body` or `path`, then the field's name.
        let loc: [String]
        let msg: String
        let type: String
    }

    let status: HTTPResponse.Status
    /// A stable name for programs.
    let code: String
    let sentence: String
    var fields: [WrongField] = []
    /// Chunks that the client has to send.
    var missing: [Int]?
    /// Seconds after which the same request may work.
    var retryAfter: Int?

    init(_ status: HTTPResponse.Status, _ code: String, _ sentence: String) {
        self.status = status
        self.code = code
        self.sentence = sentence
    }

    static func wrongFields(_ fields: [WrongField]) -> Problem {
        let words = fields.map { "\($0.loc.joined(separator: ".")): \($0.msg)" }.joined(separator: "; ")
        var problem = Problem(.unprocessableContent, "invalid_request", words)
        problem.fields = fields
        return problem
    }

    func retry(after seconds: Int) -> Problem {
        var problem = self
        problem.retryAfter = seconds
        return problem
    }
}

extension Problem {
    /// Any error as the answer to a request. What is not the client's to know is told to the log alone.
    init(_ error: any Error) {
        switch error {
        case let problem as Problem: self = problem
        case let error as any HTTPResponseError:
            self.init(error.status, "http_error", Self.sentence(of: error.status))
        default:
            let failure = Failure(error)
            self = Self.status(of: failure)
        }
    }

    private static func status(of failure: Failure) -> Problem {
        switch (failure.code, failure.retry) {
        case ("disk_full", _): return Problem(.init(code: 507), failure.code, failure.sentence).retry(after: 600)
        case ("unexpected", _), ("database_error", _):
            return Problem(.internalServerError, failure.code, "the server could not do it; its log says why")
        case (_, .never): return Problem(.badRequest, failure.code, failure.sentence)
        case (_, .later), (_, .withoutBlame):
            return Problem(.serviceUnavailable, failure.code, failure.sentence).retry(after: 10)
        }
    }

    private static func sentence(of status: HTTPResponse.Status) -> String {
        switch status {
        case .notFound: "Not Found"
        case .methodNotAllowed: "Method Not Allowed"
        case .contentTooLarge: "the body of the request is too large"
        default: status.reasonPhrase.isEmpty ? "the request could not be served" : status.reasonPhrase
        }
    }
}

extension Problem: HTTPResponseError {
    private struct Body: Encodable {
        enum Detail: Encodable {
            case sentence(String)
            case fields([WrongField])

            func encode(to encoder: any Encoder) throws {
                var container = encoder.singleValueContainer()
                switch self {
                case .sentence(let text): try container.encode(text)
                case .fields(let fields): try container.encode(fields)
                }
            }
        }
        let type = "about:blank"
        let title: String
        let status: Int
        let detail: Detail
        let code: String
        let instance: String
        let missing: [Int]?
    }

    func response(from request: Request, context: some RequestContext) throws -> Response {
        let body = Body(
            title: Self.title(of: status), status: status.code,
            detail: fields.isEmpty ? .sentence(sentence) : .fields(fields),
            code: code, instance: "urn:request:\(context.id)", missing: missing)
        var headers: HTTPFields = [.contentType: "application/problem+json"]
        if let retryAfter { headers[.retryAfter] = "\(retryAfter)" }
        // RFC 6750 wants to know how to sign in.
        if status == .unauthorized { headers[.wwwAuthenticate] = "Bearer" }
        return Response(status: status, headers: headers, body: .init(byteBuffer: try JSONBody.encoded(body)))
    }

    private static func title(of status: HTTPResponse.Status) -> String {
        if status.code == 507 { return "Insufficient Storage" }
        return status.reasonPhrase.isEmpty ? "Error" : status.reasonPhrase
    }
}
