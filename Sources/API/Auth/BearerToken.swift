import DB
import Foundation
import HTTPTypes
import Hummingbird

extension TokenVerifier {
    /// Who asks, by the request's `Authorization: Bearer …`.
    /// - Throws: `Problem` 401, with today's words.
    func requester(asking request: Request) async throws -> Requester {
        let words = (request.headers[.authorization] ?? "").split(separator: " ", maxSplits: 1)
        guard words.count == 2, words[0].lowercased() == "bearer" else { throw Problem.notAuthenticated }
        return try await requester(of: words[1].trimmingCharacters(in: .whitespaces))
    }
}
