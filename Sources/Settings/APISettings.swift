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

    init(reading reader: inout EnvironmentReader, host: HostFacts) {
        bind = reader.value(
            "HTTP_BIND", or: Address(host: "127.0.0.1", port: 8000),
            accepted: "host:port, such as 127.0.0.1:8000 or [::1]:8000", parse: Address.init(written:))
        uploadLifetime = reader.duration(
            "UPLOAD_TTL", or: .seconds(48 * 3600), in: .seconds(60)...(.seconds(365 * 86_400)))
        let keys: [TokenKeys] = [
            reader.secret("JWT_SECRET", accepted: "the key that the tokens are signed with").map(TokenKeys.secret),
            reader.path("JWKS_FILE", host: host).map(TokenKeys.file),
            reader.webAddress("JWKS_URL", example: "https://project.example.org/auth/v1/.well-known/jwks.json")
                .map(TokenKeys.url),
        ].compactMap(\.self)
        reader.require(keys.count < 2, "JWT_SECRET, JWKS_FILE and JWKS_URL exclude each other, but several are set")
        tokenKeys = keys.first ?? .none
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
