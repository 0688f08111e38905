import Foundation

/// How the HTTP API listens and whom it believes.
public struct APISettings: Equatable, Sendable {
    public struct Address: Equatable, Sendable {
        /// A name or an IP address; an IPv6 address without its brackets.
        public let host: String
        public let port: Int
    }

    /// How bearer tokens are verified.
    public enum TokenKeys: Equatable, Sendable {
        /// No token can be verified: every request that needs one is refused.
        case none
        /// HS256 with a shared secret.
        case secret(Secret)
        /// A JSON Web Key Set in a file, absolute path.
        case file(String)
        /// A JSON Web Key Set that is fetched.
        case url(String)
    }

    public let bind: Address
    public let tokenKeys: TokenKeys
    /// How long the parts of an upload that nobody goes on with are kept.
    public let uploadLifetime: Duration
    /// What a token's `aud` must be or contain.
    public let audience: String
    /// Origins whose web pages may call the API from a browser, or `*` for all; none as shipped.
    public let origins: Set<String>
    /// The most that is taken of one chunk, of one file, and of all that a user has on the way.
    public let chunkLimit: ByteCount
    public let fileLimit: ByteCount
    public let userLimit: ByteCount

    init(reading reader: inout EnvironmentReader, host: HostFacts) {
        bind = reader.value(
            "HTTP_BIND", or: Address(host: "127.0.0.1", port: 8000),
            accepted: "host:port, such as 127.0.0.1:8000 or [::1]:8000", parse: Address.init(written:))
        uploadLifetime = reader.duration(
            "UPLOAD_TTL", or: .seconds(48 * 3600), in: .seconds(60)...(.seconds(365 * 86_400)))
        audience = reader.value(
            "JWT_AUDIENCE", or: "authenticated", accepted: "the audience that tokens are made out to", parse: { $0 })
        origins = reader.value(
            "CORS_ORIGINS", or: [], accepted: "origins with commas between, such as https://deadtrees.earth, or *",
            parse: Self.origins(written:))
        (chunkLimit, fileLimit, userLimit) = (
            reader.size("UPLOAD_CHUNK_LIMIT", or: .gibibytes(1)), reader.size("UPLOAD_FILE_LIMIT", or: .gibibytes(200)),
            reader.size("UPLOAD_USER_LIMIT", or: .gibibytes(500))
        )
        let keys: [TokenKeys] = [
            reader.secret("JWT_SECRET", accepted: "the key that the tokens are signed with").map(TokenKeys.secret),
            reader.path("JWKS_FILE", host: host).map(TokenKeys.file),
            reader.webAddress("JWKS_URL", example: "https://project.example.org/auth/v1/.well-known/jwks.json")
                .map(TokenKeys.url),
        ].compactMap(\.self)
        reader.require(keys.count < 2, "JWT_SECRET, JWKS_FILE and JWKS_URL exclude each other, but several are set")
        tokenKeys = keys.first ?? .none
    }

    private static func origins(written text: String) -> Set<String>? {
        let origins = text.split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) }
        let isFit = origins.allSatisfy { $0 == "*" || $0.wholeMatch(of: /https?:\/\/[^\/\s]+/) != nil }
        return isFit ? Set(origins) : nil
    }
}

extension APISettings.Address {
    init?(written text: String) {
        guard let colon = text.lastIndex(of: ":"), let port = Int(text[text.index(after: colon)...]),
            (0...65535).contains(port)
        else { return nil }
        var host = text[..<colon]
        if host.hasPrefix("["), host.hasSuffix("]") {
            host = host.dropFirst().dropLast()
        } else if host.contains(":") {
            return nil
        }
        guard !host.isEmpty else { return nil }
        self.init(host: String(host), port: port)
    }
}
