/// Which server, as whom, and what proves that each is who it says.
public struct ServerAddress: Sendable {
    public let user: String
    public let host: String
    public let port: Int
    /// The private key's file: ed25519 or ECDSA.
    public let keyFile: String
    /// Of the private key; nil where it has none.
    public let passphrase: String?
    /// A file as OpenSSH's `known_hosts`: the only host keys that are trusted.
    public let knownHostsFile: String

    public init(
        user: String, host: String, port: Int, keyFile: String, passphrase: String?, knownHostsFile: String
    ) {
        self.user = user
        self.host = host
        self.port = port
        self.keyFile = keyFile
        self.passphrase = passphrase
        self.knownHostsFile = knownHostsFile
    }

    /// As `known_hosts` writes it: `host`, or `[host]:port` where the port is not 22.
    var name: String { port == 22 ? host : "[\(host)]:\(port)" }

    /// Reads the files that are needed for a login, and connects to nothing.
    /// - Throws: `Failure` where they could never work: `storage_key_unusable`, `storage_host_unknown`.
    public func check() throws {
        try PrivateKey.check(file: keyFile, hasPassphrase: passphrase != nil)
        _ = try KnownHostsFile(knownHostsFile)
    }
}
