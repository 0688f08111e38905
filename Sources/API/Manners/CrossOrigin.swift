import HTTPTypes
import Hummingbird

/// Lets the web pages of some origins call the API from a browser.
/// Source: https://fetch.spec.whatwg.org/#http-cors-protocol
struct CrossOrigin: RouterMiddleware {
    typealias Context = BasicRequestContext

    /// `https://deadtrees.earth` and so on, or `*` for all.
    let origins: Set<String>

    func handle(
        _ request: Request, context: Context, next: (Request, Context) async throws -> Response
    ) async throws -> Response {
        guard let origin = request.headers[.origin], origins.contains("*") || origins.contains(origin) else {
            var response = try await next(request, context)
            response.headers[.vary] = "Origin"
            return response
        }
        let isPreflight = request.method == .options && request.headers[.accessControlRequestMethod] != nil
        var response = isPreflight ? Response(status: .noContent) : try await next(request, context)
        response.headers[.accessControlAllowOrigin] = origins.contains("*") ? "*" : origin
        response.headers[.vary] = "Origin"
        if isPreflight {
            response.headers[.accessControlAllowMethods] = "GET, POST, PUT"
            response.headers[.accessControlAllowHeaders] = "Authorization, Content-Type"
            response.headers[.accessControlMaxAge] = "600"
        } else {
            response.headers[.accessControlExposeHeaders] = "Retry-After, X-Request-ID"
        }
        return response
    }
}
