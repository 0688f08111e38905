public import Failures

/// What goes wrong with the server itself. What goes wrong with a file is an ``SFTPStatus``.
extension Failure {
    /// `storage_unreachable`: worth a retry, on a new connection. Rows that wait for the server are not at fault.
    static func unreachable(_ detail: String) -> Failure {
        Failure(
            "storage_unreachable", "the storage server cannot be reached or does not answer", detail: detail,
            retry: .withoutBlame)
    }

    /// `storage_stuck`: a new connection would not change that.
    static func stuck(_ detail: String) -> Failure {
        Failure(
            "storage_stuck",
            "the storage server is there, but does not get done with what it was asked; look at its disks",
            detail: detail, retry: .withoutBlame)
    }

    static func keyUnusable(_ sentence: String, _ file: String) -> Failure {
        Failure("storage_key_unusable", sentence, detail: file)
    }

    static func knownHostsUnusable(_ file: String) -> Failure {
        Failure(
            "storage_host_unknown",
            "STORAGE_KNOWN_HOSTS names a file that cannot be read, so that no storage server is trusted", detail: file)
    }

    static func hostUnknown(_ server: ServerAddress, _ key: HostKey) -> Failure {
        Failure(
            "storage_host_unknown",
            "the storage server \(server.name) is not in STORAGE_KNOWN_HOSTS: its host key is \(key.fingerprint);"
                + " compare it with the server's, and if it is the same, add the line",
            detail: "add to \(server.knownHostsFile): \(key.line(for: server))")
    }

    static func hostChanged(_ server: ServerAddress, _ key: HostKey) -> Failure {
        Failure(
            "storage_host_changed",
            "the storage server \(server.name) has another host key than STORAGE_KNOWN_HOSTS says, \(key.fingerprint):"
                + " somebody may be in between; ask its operator, and only if the key was changed, replace the line",
            detail: "in \(server.knownHostsFile): \(key.line(for: server))")
    }

    static func hostHasRSAOnly(_ server: ServerAddress) -> Failure {
        Failure(
            "storage_host_unknown",
            "STORAGE_KNOWN_HOSTS has only an RSA key of the storage server \(server.name), which libssh2 cannot check;"
                + " add the server's ed25519 key",
            detail: "ssh-keyscan -p \(server.port) -t ed25519 \(server.host), compared with the server's own"
                + " /etc/ssh/ssh_host_ed25519_key.pub, into \(server.knownHostsFile)")
    }

    /// Worth a retry: while keys are rotated, the server may have the new one in a moment.
    static func loginRefused(_ server: ServerAddress, _ detail: String) -> Failure {
        Failure(
            "storage_login_refused",
            "the storage server does not let in the key of STORAGE_SSH_KEY as the user \"\(server.user)\";"
                + " add its public half to that user's authorized_keys",
            detail: "\(server.name): \(detail)", retry: .withoutBlame)
    }

    static func noSFTP(_ server: ServerAddress, _ detail: String) -> Failure {
        Failure(
            "storage_refused",
            "the storage server does not let its user \"\(server.user)\" use SFTP; look at Subsystem, ForceCommand and"
                + " MaxSessions in its sshd_config, and at the user's shell",
            detail: "\(server.name): \(detail)", retry: .withoutBlame)
    }
}

extension Failure {
    /// Whether the connection, and not the file, was at fault: the same may be tried on a new one.
    public var isConnectionLoss: Bool { code == "storage_unreachable" }

    /// Whether the server did not want this connection; with those that it has, the work may get done.
    var isRefusal: Bool { isConnectionLoss || code == "storage_refused" }
}
