import Failures
import HTTPTypes
import Hummingbird
import Logging

/// Around every request: its id, its line in the log, its count, and one form for all that goes wrong.
struct RequestFrame: RouterMiddleware {
    typealias Context = BasicRequestContext

    let counters: Counters
    /// Methods by path, for 405.
    let methods: [String: [HTTPRequest.Method]]

    func handle(
        _ request: Request, context: Context, next: (Request, Context) async throws -> Response
    ) async throws -> Response {
        let start = ContinuousClock.now
        counters.begun()
        var response: Response
        do {
            response = try await next(request, context)
        } catch {
            response = try answer(error, request, context)
        }
        if let name = HTTPField.Name("X-Request-ID") { response.headers[name] = context.id }
        response.headers[.xContentTypeOptions] = "nosniff"
        let duration = ContinuousClock.now - start
        let route = context.endpointPath ?? "unknown"
        counters.ended(route, request.method.rawValue, response.status.code, duration)
        // Paths only: a query may hold what is nobody's business.
        context.logger.log(
            level: response.status.code >= 500 ? .warning : .debug, "request",
            metadata: [
                "method": "\(request.method)", "path": "\(request.uri.path)", "status": "\(response.status.code)",
                "duration": "\(duration)",
            ])
        return response
    }

    private func answer(_ error: any Error, _ request: Request, _ context: Context) throws -> Response {
        if let error = error as? any HTTPResponseError, error.status == .notFound, !(error is Problem),
            let allowed = allowedMethods(request.uri.path)
        {
            var response = try Problem(.methodNotAllowed, "method_not_allowed", "Method Not Allowed")
                .response(from: request, context: context)
            response.headers[.allow] = allowed.map(\.rawValue).joined(separator: ", ")
            return response
        }
        let problem = Problem(error)
        if problem.status.code >= 500 {
            context.logger.warning("request failed", metadata: ["error": "\(Failure(error))"])
        }
        return try problem.response(from: request, context: context)
    }

    /// What the path would take; nil where there is no such path.
    private func allowedMethods(_ path: String) -> [HTTPRequest.Method]? {
        let parts = path.split(separator: "/")
        return methods.first { pattern, _ in
            let pattern = pattern.split(separator: "/")
            return pattern.count == parts.count && zip(pattern, parts).allSatisfy { $0 == $1 || $0.hasPrefix("{") }
        }?.value
    }
}
