import DB
import Foundation
import HTTPTypes
import JWTKit

/// Verifies bearer tokens as Supabase signs them.
///
/// The algorithm is pinned by the kind of key: HS256 for a shared secret, ES256 or RS256 for a key set. What the token's
/// header says of itself only chooses among those. Tokens are neither logged nor kept.
/// Source: https://www.rfc-editor.org/rfc/rfc8725.html (JSON Web Token Best Current Practices), 3.1
public struct TokenVerifier: Sendable {
    enum Keys: Sendable {
        case none
        case secret(JWTKeyCollection)
        case set(KeySet)
    }

    private let keys: Keys
    private let audience: String

    init(keys: Keys, audience: String) {
        self.keys = keys
        self.audience = audience
    }

    /// - Parameter audience: what the token's `aud` must be or contain.
    public static func secret(_ secret: String, audience: String) async -> TokenVerifier {
        let collection = JWTKeyCollection()
        // HMAC fills short keys up with zeros itself; the library wants them to be as long as the digest.
        // Source: https://www.rfc-editor.org/rfc/rfc2104.html, 2
        let key = Array(secret.utf8)
        let filled = key + [UInt8](repeating: 0, count: max(0, 32 - key.count))
        await collection.add(hmac: HMACKey(from: filled), digestAlgorithm: .sha256)
        return TokenVerifier(keys: .secret(collection), audience: audience)
    }

    /// Tokens that a key of a set has signed, which may change while the server runs.
    public static func keySet(_ set: KeySet, audience: String) -> TokenVerifier {
        TokenVerifier(keys: .set(set), audience: audience)
    }

    /// Believes no token.
    public static func nobody() -> TokenVerifier { TokenVerifier(keys: .none, audience: "") }

    /// - Returns: who asks, with the claims for the platform's policies.
    /// - Throws: `Problem` 401 `Invalid token`, whatever is wrong with it; 503 where the keys cannot be had.
    func requester(of token: String) async throws -> Requester {
        let parts = token.split(separator: ".", omittingEmptySubsequences: false)
        guard token.utf8.count <= Self.largestToken, parts.count == 3, let header = Self.decode(parts[0]),
            let head = try? JSONDecoder().decode(Head.self, from: header)  // a token that is no token
        else { throw Problem.invalidToken }
        let claims = try await verified(token, head)
        // Verified: this is what has been signed.
        guard let payload = Self.decode(parts[1]), let id = UUID(uuidString: claims.sub) else {
            throw Problem.invalidToken
        }
        return Requester(userID: id.uuidString.lowercased(), claims: String(decoding: payload, as: UTF8.self))
    }

    private func verified(_ token: String, _ head: Head) async throws -> Claims {
        let collection: JWTKeyCollection
        switch keys {
        case .none: throw Problem.invalidToken
        case .secret(let secret):
            guard head.alg == "HS256" else { throw Problem.invalidToken }
            collection = secret
        case .set(let set):
            guard head.alg == "ES256" || head.alg == "RS256", let kid = head.kid,
                let key = try await set.key(kid, algorithm: head.alg)
            else { throw Problem.invalidToken }
            collection = key
        }
        do {
            let claims = try await collection.verify(token, as: Claims.self)
            guard claims.aud.value.contains(audience), claims.role ?? "authenticated" == "authenticated" else {
                throw Problem.invalidToken
            }
            return claims
        } catch {
            throw Problem.invalidToken
        }
    }

    /// More than any sign-in service makes.
    private static let largestToken = 16 << 10

    private struct Head: Decodable {
        let alg: String
        let kid: String?
    }

    /// base64url without padding, as RFC 7515 has it.
    private static func decode(_ part: Substring) -> Data? {
        let text = part.replacing("-", with: "+").replacing("_", with: "/")
        return Data(base64Encoded: text + String(repeating: "=", count: (4 - text.count % 4) % 4))
    }
}

/// What is read of a token. Supabase writes more, which goes on to the policies as it is.
private struct Claims: JWTPayload {
    let sub: String
    let exp: ExpirationClaim
    let nbf: NotBeforeClaim?
    let aud: AudienceClaim
    let role: String?

    /// Clocks differ: a token may be this many seconds younger than it looks here.
    private static let skew: TimeInterval = 60

    func verify(using algorithm: some JWTAlgorithm) throws {
        try exp.verifyNotExpired()
        try nbf?.verifyNotBefore(currentDate: Date(timeIntervalSinceNow: Self.skew))
    }
}

extension Problem {
    static let notAuthenticated = Problem(.unauthorized, "not_authenticated", "Not authenticated")
    static let invalidToken = Problem(.unauthorized, "invalid_token", "Invalid token")
}
