import CLibSSH2
import Execution
import Failures
import Foundation

/// A connection to the server on which we are logged in. For one thread at a time.
///
/// libssh2 never blocks here: all waiting is done by ``complete(_:)``, so that it can be interrupted, and ends when the
/// server has gone silent, or does not get done.
final class SSHSession {
    let server: ServerAddress
    let raw: OpaquePointer
    /// Of whoever uses the session just now.
    var interruption: Interruption
    /// Until when everything has to be done, while the session is being opened.
    var deadline: ContinuousClock.Instant?
    /// How long one answer may take, while the server is heard to be alive: its disk may have to write many gigabytes.
    var answerLimit = Duration.seconds(600)
    private let socket: TCPSocket
    private var isLoggedIn = false
    private(set) var hostKey: HostKey?

    /// Nothing came from the server for this long, though it was asked for a sign of life: it is not there any more.
    static let silenceLimit = Duration.seconds(12)
    /// For connecting, trusting, logging in and starting SFTP together.
    static let openingLimit = Duration.seconds(8)

    /// - Throws: `Failure`: `storage_unreachable`, `storage_host_unknown`, `storage_host_changed`,
    ///   `storage_key_unusable`, `storage_login_refused`; `CancellationError`.
    init(_ server: ServerAddress, _ interruption: Interruption) throws {
        SSHLibrary.start()
        try PrivateKey.check(file: server.keyFile, hasPassphrase: server.passphrase != nil)
        let end = ContinuousClock.now + Self.openingLimit
        socket = try TCPSocket(server, until: end, interruption)
        guard let raw = libssh2_session_init_ex(nil, nil, nil, nil) else { throw Failure.unreachable("out of memory") }
        self.raw = raw
        self.server = server
        self.interruption = interruption
        // From here on deinit frees both.
        deadline = end
        libssh2_session_set_blocking(raw, 0)
        libssh2_keepalive_config(raw, 1, 3)
        try shakeHands()
        try logIn()
        isLoggedIn = true
    }

    deinit {
        libssh2_session_disconnect_ex(raw, 11, "bye", "")
        socket.hangUp()
        // With its socket gone it has nothing to wait for; a few calls take it through its states.
        for _ in 0..<8 where libssh2_session_free(raw) == 0 { break }
    }

    /// What was agreed on, for the doctor: `aes128-ctr, hmac-sha2-256`.
    var methods: String {
        [LIBSSH2_METHOD_CRYPT_CS, LIBSSH2_METHOD_MAC_CS]
            .compactMap { libssh2_session_methods(raw, $0).map { String(cString: $0) } }.joined(separator: ", ")
    }

    /// Repeats a call of libssh2 until it is done, and waits in between.
    /// - Returns: the call's own code, which may be an error.
    func complete(_ call: () -> Int) throws -> Int {
        let start = ContinuousClock.now
        while true {
            let code = call()
            guard code == Int(LIBSSH2_ERROR_EAGAIN) else { return code }
            try wait(since: start)
        }
    }

    /// libssh2's own words for the last error.
    func lastError() -> String {
        var text: UnsafeMutablePointer<CChar>?
        let code = libssh2_session_last_error(raw, &text, nil, 0)
        return "\(text.map { String(cString: $0) } ?? "unknown error") (libssh2 \(code))"
    }

    private func wait(since start: ContinuousClock.Instant) throws {
        // While a packet is half sent libssh2 reads nothing: what has arrived must not end the wait.
        let isHalfSent = libssh2_session_block_directions(raw) & LIBSSH2_SESSION_BLOCK_OUTBOUND != 0
        let isReady = try socket.wait(for: isHalfSent ? POLLOUT : POLLIN, interruption)
        let now = ContinuousClock.now
        if let deadline, now > deadline { throw Failure.unreachable("\(server.name): not done after \(now - start)") }
        guard now - start < answerLimit else { throw Failure.stuck("\(server.name): no answer for \(now - start)") }
        guard !isReady else { return }
        let silence = min(socket.quiet, now - start)
        if silence > Self.silenceLimit { throw Failure.unreachable("\(server.name): silent for \(silence)") }
        // A half-sent packet must be finished before another is begun, also this one.
        guard isLoggedIn, !isHalfSent, silence > .seconds(3), socket.isReady(for: POLLOUT) else { return }
        var next: Int32 = 0
        libssh2_keepalive_send(raw, &next)
    }

    private func shakeHands() throws {
        let hosts = try KnownHosts(raw, server)
        let known = hosts.algorithms()
        if !known.isEmpty, known.allSatisfy({ $0 == "ssh-rsa" }) { throw Failure.hostHasRSAOnly(server) }
        prefer(LIBSSH2_METHOD_HOSTKEY, known.filter { $0 != "ssh-rsa" } + SSHLibrary.hostKeys)
        for method in [LIBSSH2_METHOD_CRYPT_CS, LIBSSH2_METHOD_CRYPT_SC] { prefer(method, SSHLibrary.ciphers) }
        for method in [LIBSSH2_METHOD_MAC_CS, LIBSSH2_METHOD_MAC_SC] { prefer(method, SSHLibrary.authenticators) }
        let code = try complete { Int(libssh2_session_handshake(raw, socket.descriptor)) }
        guard code == 0 else { throw Failure.unreachable("\(server.name): handshake: \(lastError())") }
        let key = try shownKey()
        hostKey = key
        try hosts.trust(key, known: known)
    }

    /// Names that this libssh2 does not know are passed over by it; that all are unknown cannot be.
    private func prefer(_ method: Int32, _ names: [String]) {
        libssh2_session_method_pref(raw, method, names.joined(separator: ","))
    }

    private func shownKey() throws -> HostKey {
        var (length, kind) = (0, Int32(0))
        guard let bytes = libssh2_session_hostkey(raw, &length, &kind),
            let hash = libssh2_hostkey_hash(raw, LIBSSH2_HOSTKEY_HASH_SHA256)
        else { throw Failure.unreachable("\(server.name): no host key: \(lastError())") }
        let blob = Data(bytes: bytes, count: length)
        let digest = Data(bytes: hash, count: 32).base64EncodedString().trimmingCharacters(in: ["="])
        let algorithm = KnownHosts.algorithm(of: blob) ?? "unknown"
        return HostKey(blob: blob, algorithm: algorithm, fingerprint: "\(algorithm) SHA256:\(digest)")
    }

    private func logIn() throws {
        let code = try complete {
            Int(
                libssh2_userauth_publickey_fromfile_ex(
                    raw, server.user, UInt32(server.user.utf8.count), nil, server.keyFile, server.passphrase))
        }
        switch Int32(truncatingIfNeeded: code) {
        case 0: return
        case LIBSSH2_ERROR_AUTHENTICATION_FAILED, LIBSSH2_ERROR_PUBLICKEY_UNVERIFIED, LIBSSH2_ERROR_METHOD_NONE:
            throw Failure.loginRefused(server, lastError())
        case LIBSSH2_ERROR_FILE:
            throw Failure.keyUnusable(
                "the key in STORAGE_SSH_KEY cannot be opened; is the passphrase right?",
                "\(server.keyFile): \(lastError())")
        default: throw Failure.unreachable("\(server.name): login: \(lastError())")
        }
    }
}

/// What holds for all sessions of the process.
enum SSHLibrary {
    /// Must have been called once before anything else of libssh2.
    /// Source: https://libssh2.org/libssh2_init.html
    static func start() { _ = isStarted }
    private static let isStarted = libssh2_init(0) == 0

    static let hostKeys = ["ssh-ed25519", "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521"]
    /// Fastest first. libssh2 knows GCM from version 1.11 on.
    static let ciphers = [
        "aes128-gcm@openssh.com", "aes256-gcm@openssh.com", "aes128-ctr", "aes256-ctr", "aes192-ctr",
    ]
    static let authenticators = [
        "hmac-sha2-256-etm@openssh.com", "hmac-sha2-512-etm@openssh.com", "hmac-sha2-256", "hmac-sha2-512",
    ]
}
