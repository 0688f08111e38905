import DB
import Foundation
import HTTPTypes
import JWTKit
import Logging
import Synchronization
import TestSupport
import Testing

@testable import API

struct TokenTests {
    private let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    private func verifier() async -> TokenVerifier { await .secret(APIProcess.secret, audience: "authenticated") }

    /// The status that a token is answered with; nil where it is believed.
    private func status(_ token: String, _ verifier: TokenVerifier) async throws -> Int? {
        do {
            _ = try await verifier.requester(of: token)
            return nil
        } catch let problem as Problem {
            #expect(problem.sentence == "Invalid token")
            return problem.status.code
        }
    }

    @Test func aTokenNamesItsUser() async throws {
        let requester = try await verifier().requester(of: try await TestToken.of())
        #expect(requester.userID == TestDatabase.user.uuidString.lowercased())
        #expect(requester.claims.contains("a@example.org"))
    }

    @Test func whatIsWrongIsRefused() async throws {
        let verifier = await verifier()
        var wrong: [String: TestClaims] = [:]
        wrong["expired"] = TestClaims(exp: ExpirationClaim(value: Date(timeIntervalSinceNow: -1)))
        wrong["not yet valid"] = TestClaims(nbf: NotBeforeClaim(value: Date(timeIntervalSinceNow: 3600)))
        wrong["another audience"] = TestClaims(aud: "anon")
        wrong["another role"] = TestClaims(role: "service_role")
        wrong["no user"] = TestClaims(sub: "service")
        for (what, claims) in wrong {
            #expect(try await status(TestToken.signed(claims), verifier) == 401, "\(what)")
        }
        #expect(
            try await status(
                TestToken.signed(TestClaims(), secret: "another secret, which is thirty-two bytes long too"), verifier)
                == 401)
        #expect(
            try await status(TestToken.signed(TestClaims(aud: AudienceClaim(value: ["x", "authenticated"]))), verifier)
                == nil)
    }

    @Test func forgedTokensAreRefused() async throws {
        let verifier = await verifier()
        let claims = String(decoding: try JSONEncoder().encode(["sub": TestDatabase.user.uuidString]), as: UTF8.self)
        let good = try await TestToken.of()
        let parts = good.split(separator: ".").map(String.init)
        var forged = [
            TestToken.raw(#"{"alg":"none","typ":"JWT"}"#, claims),
            TestToken.raw(#"{"alg":"None"}"#, claims, signature: "AA"),
            TestToken.raw(#"{"alg":"HS384"}"#, claims, signature: parts[2]), TestToken.raw("{}", claims), "", ".", "..",
            "a.b.c",
            parts[0] + "." + parts[1] + ".", parts[0] + "." + parts[1], good + "x", good + ".x",
            String(repeating: "a", count: 100_000), "ä.ö.ü",
        ]
        forged.append([parts[0], TestToken.base64URL(Data(claims.utf8)), parts[2]].joined(separator: "."))
        for token in forged { #expect(try await status(token, verifier) == 401, "\(token.prefix(80))") }
    }

    /// Made by another program (Python's hmac): claims of the user 1 until the year 2100.
    @Test func aShortSecretIsNoOtherSecret() async throws {
        let verifier = await TokenVerifier.secret("short", audience: "authenticated")
        #expect(
            try await verifier.requester(of: Self.signedWithShort).userID == TestDatabase.user.uuidString.lowercased())
    }

    private static let signedWithShort =
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiAiMDAwMDAwMDAtMDAwMC0wMDAwLTAwMDAtMDAwMDAwMDAwMDAxIiwgImF1Z"
        + "CI6ICJhdXRoZW50aWNhdGVkIiwgImV4cCI6IDQxMDI0NDQ4MDB9.AGFIEqfees-XkATZs6N-M7BEBvNeJQz52hq2ST"
        + "xG92M"

    @Test func withoutAKeyNobodyIsBelieved() async throws {
        #expect(try await status(TestToken.of(), .nobody()) == 401)
    }

    /// A key set as Supabase publishes it, with a kind of key that is not ours beside.
    private func set(_ keys: [String]) -> Data {
        Data("{\"keys\":[{\"kty\":\"oct\",\"kid\":\"x\",\"k\":\"AAAA\"},\(keys.joined(separator: ","))]}".utf8)
    }

    private func elliptic(_ kid: String) throws -> (json: String, key: ES256PrivateKey) {
        let key = ES256PrivateKey()
        let parameters = try #require(key.publicKey.parameters)
        let (x, y) = (Self.unpadded(parameters.x), Self.unpadded(parameters.y))
        return (
            #"{"kty":"EC","crv":"P-256","alg":"ES256","use":"sig","kid":"\#(kid)","x":"\#(x)","y":"\#(y)"}"#, key
        )
    }

    private static func unpadded(_ text: String) -> String {
        text.replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
    }

    private func sign(_ key: ES256PrivateKey, _ kid: String) async throws -> String {
        try await JWTKeyCollection().add(ecdsa: key, kid: JWKIdentifier(string: kid))
            .sign(TestClaims(), kid: JWKIdentifier(string: kid))
    }

    @Test func aKeyThatIsNewIsLookedFor() async throws {
        let (first, second) = (try elliptic("one"), try elliptic("two"))
        let served = Mutex(set([first.json]))
        let loads = Mutex(0)
        let verifier = TokenVerifier.keySet(
            KeySet(pause: .zero, logger: logger) {
                loads.withLock { $0 += 1 }
                return served.withLock { $0 }
            }, audience: "authenticated")
        #expect(try await status(sign(first.key, "one"), verifier) == nil)
        #expect(try await status(sign(first.key, "one"), verifier) == nil)
        #expect(loads.withLock { $0 } == 1)
        #expect(try await status(sign(second.key, "two"), verifier) == 401)
        served.withLock { $0 = set([second.json]) }
        #expect(try await status(sign(second.key, "two"), verifier) == nil)
        // The key that was taken away is not believed any more, nor is a name that was stolen.
        #expect(try await status(sign(first.key, "one"), verifier) == 401)
        #expect(try await status(sign(first.key, "two"), verifier) == 401)
    }

    @Test func aKeyOfASetIsForItsAlgorithmOnly() async throws {
        let key = try elliptic("one")
        let json = set([key.json])
        let verifier = TokenVerifier.keySet(KeySet(pause: .zero, logger: logger) { json }, audience: "authenticated")
        // The public key, which everybody knows, as the secret of a symmetric signature.
        let token = try await JWTKeyCollection()
            .add(hmac: HMACKey(from: key.json), digestAlgorithm: .sha256, kid: "one").sign(TestClaims(), kid: "one")
        #expect(try await status(token, verifier) == 401)
    }

    @Test func keysThatCannotBeHadAreNotTheClientsFault() async throws {
        let verifier = TokenVerifier.keySet(
            KeySet(pause: .zero, logger: logger) { throw CocoaError(.fileReadNoSuchFile) }, audience: "authenticated")
        let token = try await sign(elliptic("one").key, "one")
        do {
            _ = try await verifier.requester(of: token)
            Issue.record("believed without a key")
        } catch {
            #expect(Problem(error).status == .serviceUnavailable)
            #expect(Problem(error).retryAfter != nil)
        }
    }
}
