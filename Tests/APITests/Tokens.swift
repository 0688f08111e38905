import Foundation
import JWTKit
import TestSupport

/// Tokens as the sign-in service makes them, and as it does not.
struct TestClaims: JWTPayload {
    var sub = TestDatabase.user.uuidString.lowercased()
    var aud: AudienceClaim = "authenticated"
    var exp = ExpirationClaim(value: Date(timeIntervalSinceNow: 3600))
    var nbf: NotBeforeClaim?
    var role: String? = "authenticated"
    var email: String? = "a@example.org"

    func verify(using algorithm: some JWTAlgorithm) throws {}
}

enum TestToken {
    /// Of the user that `TestDatabase` knows, or another one.
    static func of(_ user: UUID = TestDatabase.user, secret: String = APIProcess.secret) async throws -> String {
        var claims = TestClaims()
        claims.sub = user.uuidString.lowercased()
        return try await signed(claims, secret: secret)
    }

    static func signed(_ claims: TestClaims, secret: String = APIProcess.secret) async throws -> String {
        try await JWTKeyCollection().add(hmac: HMACKey(from: secret), digestAlgorithm: .sha256).sign(claims)
    }

    /// Any header and claims, with a signature that is what it is.
    static func raw(_ header: String, _ claims: String, signature: String = "") -> String {
        [header, claims].map { base64URL(Data($0.utf8)) }.joined(separator: ".") + "." + signature
    }

    static func base64URL(_ data: Data) -> String {
        data.base64EncodedString().replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
    }
}
