import Foundation

/// Where uploads and results are kept.
public struct StorageSettings: Equatable, Sendable {
    public enum Location: Equatable, Sendable {
        /// A folder of this host, absolute.
        case folder(String)
        case sftp(SFTPAddress)
    }

    /// A folder of another host, reached over SSH.
    public struct SFTPAddress: Equatable, Sendable {
        public let user: String
        public let host: String
        public let port: Int
        /// The storage root on that host, absolute.
        public let folder: String
    }

    public let location: Location
    /// The private key's file, absolute.
    public let sshKey: String
    /// The file of host keys to trust, absolute; an unknown or changed key is refused.
    public let knownHosts: String
    /// Of the private key; nil where it has none.
    public let passphrase: Secret?
    /// How many connections transfer files at a time.
    public let sessions: Int
    public let verification: Verification

    /// How an upload is compared with what has arrived.
    public enum Verification: String, CaseIterable, Sendable {
        /// By the server's `openssl` or `sha256sum` where it lets us run them, else by reading back.
        case auto
        /// Each piece is read again and compared while the next ones are written.
        case readBack = "read-back"
        /// By size alone, and what SSH itself checks.
        case size
    }

    init(reading reader: inout EnvironmentReader, host: HostFacts) {
        location = reader.value(
            "STORAGE_URL", or: .folder("\(host.currentDirectory)/.data"),
            accepted: "file:///folder or sftp://user@host:22/folder, without a password", parse: Location.init(written:)
        )
        sshKey = reader.path("STORAGE_SSH_KEY", host: host) ?? host.absolute("~/.ssh/id_ed25519")
        knownHosts = reader.path("STORAGE_KNOWN_HOSTS", host: host) ?? host.absolute("~/.ssh/known_hosts")
        passphrase = reader.secret("STORAGE_SSH_PASSPHRASE", accepted: "the passphrase of the private key")
        sessions = reader.count("STORAGE_SESSIONS", or: 4, in: 1...32)
        verification = reader.choice("STORAGE_VERIFY", or: .auto)
    }
}

extension StorageSettings.Location {
    /// Reads `file:///folder` and `sftp://user@host:port/folder`; the port is 22 where none is given.
    init?(written text: String) {
        guard let parts = URLComponents(string: text), parts.query == nil, parts.fragment == nil,
            parts.path.hasPrefix("/")
        else { return nil }
        switch parts.scheme {
        case "file" where parts.host?.isEmpty ?? true:
            self = .folder(parts.path)
        case "sftp":
            guard let user = parts.user, !user.isEmpty, let written = parts.host, !written.isEmpty,
                parts.password == nil
            else { return nil }
            // An IPv6 address stands in brackets only because of the port after it.
            let host = written.trimmingCharacters(in: ["[", "]"])
            let port = parts.port ?? 22
            guard (1...65535).contains(port) else { return nil }
            self = .sftp(.init(user: user, host: host, port: port, folder: parts.path))
        default:
            return nil
        }
    }
}
