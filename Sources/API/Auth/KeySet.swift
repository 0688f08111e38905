import Failures
public import Foundation
import JWTKit
public import Logging

/// A JSON Web Key Set that is read again when a token names a key that it does not have, and now and then.
public actor KeySet {
    private let load: @Sendable () async throws -> Data
    private let logger: Logger
    private var keys: [String: JWK] = [:]
    private var isLoaded = false
    private var lastTry: ContinuousClock.Instant?
    private var loading: Task<Data, any Error>?

    /// Removed keys are believed for at most this long, as long as the set can be had.
    private let lifetime = Duration.seconds(300)
    /// Tokens with invented key names must not make us ask all the time.
    private let pause: Duration

    /// - Parameters:
    ///   - load: gets the set, JSON.
    ///   - pause: how long at least between two tries, default 10 s.
    public init(pause: Duration = .seconds(10), logger: Logger, load: @escaping @Sendable () async throws -> Data) {
        self.pause = pause
        self.load = load
        self.logger = logger
    }

    /// The key of that name, as a collection with nothing else in it; nil where there is none that fits `algorithm`.
    /// - Throws: `Failure` where no set could be had so far.
    func key(_ kid: String, algorithm: String) async throws -> JWTKeyCollection? {
        try await refreshWhereDue(kid)
        guard let key = keys[kid], Self.fits(key, algorithm) else { return nil }
        return try await JWTKeyCollection().add(jwk: key)
    }

    private func refreshWhereDue(_ kid: String) async throws {
        let age = lastTry.map { ContinuousClock.now - $0 }
        let isDue = keys[kid] == nil || age.map { $0 >= lifetime } ?? true
        guard isDue else { return }
        guard age.map({ $0 >= pause }) ?? true else {
            if !isLoaded { throw Failure.keysUnavailable() }
            return
        }
        do {
            let task = loading ?? Task { try await load() }
            loading = task
            defer { loading = nil }
            let set = try JSONDecoder().decode(Written.self, from: try await task.value)
            let known = set.keys.compactMap(\.key)
            keys = Dictionary(known.compactMap { key in key.keyIdentifier.map { ($0.string, key) } }) { $1 }
            (isLoaded, lastTry) = (true, .now)
        } catch {
            lastTry = .now
            logger.warning("the keys that tokens are signed with could not be read", metadata: ["error": "\(error)"])
            if !isLoaded { throw Failure.keysUnavailable() }
        }
    }

    /// A set may hold keys of kinds that are not ours to read; they count as not there.
    private struct Written: Decodable {
        struct Entry: Decodable {
            let key: JWK?

            init(from decoder: any Decoder) throws {
                key = try? JWK(from: decoder)  // of another kind: see above
            }
        }
        let keys: [Entry]
    }

    /// A key of the kind that the algorithm asks for. One that names its algorithm is for no other.
    private static func fits(_ key: JWK, _ algorithm: String) -> Bool {
        if let own = key.algorithm, own.rawValue != algorithm { return false }
        switch algorithm {
        case "ES256": return key.keyType == .ecdsa
        case "RS256": return key.keyType == .rsa
        default: return false
        }
    }
}
