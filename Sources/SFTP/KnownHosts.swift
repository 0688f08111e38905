import CLibSSH2
import Failures
import Foundation

/// A host key as a server has shown it.
struct HostKey {
    /// As the SSH protocol has it.
    let blob: Data
    /// `ssh-ed25519`, …
    let algorithm: String

    /// As `ssh-keygen -l` prints it.
    let fingerprint: String

    func line(for server: ServerAddress) -> String { "\(server.name) \(algorithm) \(blob.base64EncodedString())" }
}

/// The lines of a `known_hosts` file that libssh2 can read. Patterns with `*` match nothing; `@cert-authority` is not
/// known; what is `@revoked` is refused.
struct KnownHostsFile {
    let lines: [String]
    /// In base64.
    let revoked: Set<String>

    /// - Throws: `Failure` `storage_host_unknown` where the file cannot be read.
    init(_ file: String) throws {
        guard let text = try? String(contentsOfFile: file, encoding: .utf8) else {  // the sentence says so
            throw Failure.knownHostsUnusable(file)
        }
        let all = text.split(whereSeparator: \.isNewline).map { $0.trimmingCharacters(in: .whitespaces) }
        lines = all.filter { !$0.hasPrefix("@") && !$0.hasPrefix("#") }
        revoked = Set(
            all.filter { $0.hasPrefix("@revoked") }.compactMap { line in
                let words = line.split(whereSeparator: \.isWhitespace)
                return words.count > 3 ? String(words[3]) : nil
            })
    }
}

/// libssh2's list of trusted host keys, of one session. Has to go before its session does.
struct KnownHosts: ~Copyable {
    private let list: OpaquePointer
    private let server: ServerAddress
    private let revoked: Set<String>

    init(_ session: OpaquePointer, _ server: ServerAddress) throws {
        let file = try KnownHostsFile(server.knownHostsFile)
        guard let list = libssh2_knownhost_init(session) else { throw Failure.unreachable("out of memory") }
        self.list = list
        self.server = server
        revoked = file.revoked
        for line in file.lines {
            // A line that it cannot read trusts nobody.
            libssh2_knownhost_readline(list, line, line.utf8.count, LIBSSH2_KNOWNHOST_FILE_OPENSSH)
        }
    }

    deinit { libssh2_knownhost_free(list) }

    /// What the algorithms are called whose keys are listed for the server.
    ///
    /// libssh2 prefers ECDSA whatever the file holds, and would then not find a server whose other key is listed.
    func algorithms() -> [String] {
        var found: [String] = []
        var entry: UnsafeMutablePointer<libssh2_knownhost>?
        while libssh2_knownhost_get(list, &entry, entry) == 0, let known = entry?.pointee {
            // Names may be hashed: whether the line is about the server is known when its own key is checked.
            guard let key = known.key, let blob = Data(base64Encoded: String(cString: key)),
                !revoked.contains(String(cString: key)), let name = Self.algorithm(of: blob),
                check(blob, name) == LIBSSH2_KNOWNHOST_CHECK_MATCH
            else { continue }
            found.append(name)
        }
        return found
    }

    /// - Parameter known: what ``algorithms()`` found.
    /// - Throws: `Failure` `storage_host_unknown`, `storage_host_changed`.
    func trust(_ key: HostKey, known: [String]) throws {
        guard !revoked.contains(key.blob.base64EncodedString()) else { throw Failure.hostChanged(server, key) }
        switch check(key.blob, key.algorithm) {
        case LIBSSH2_KNOWNHOST_CHECK_MATCH: return
        case LIBSSH2_KNOWNHOST_CHECK_MISMATCH: throw Failure.hostChanged(server, key)
        // A server whose own key was listed and that shows one of another kind has changed as well.
        default: throw known.isEmpty ? Failure.hostUnknown(server, key) : Failure.hostChanged(server, key)
        }
    }

    /// A key's blob begins with its algorithm's name.
    static func algorithm(of blob: Data) -> String? {
        blob.withUnsafeBytes { bytes in
            var reader = PacketReader(bytes)
            return try? reader.text()  // nil: it is no key
        }
    }

    private func check(_ blob: Data, _ algorithm: String) -> Int32 {
        let form = LIBSSH2_KNOWNHOST_TYPE_PLAIN | LIBSSH2_KNOWNHOST_KEYENC_RAW | Self.kind(of: algorithm)
        return blob.withUnsafeBytes { bytes in
            libssh2_knownhost_checkp(
                list, server.host, Int32(server.port), bytes.bindMemory(to: CChar.self).baseAddress, bytes.count, form,
                nil)
        }
    }

    private static func kind(of algorithm: String) -> Int32 {
        switch algorithm {
        case "ssh-rsa": LIBSSH2_KNOWNHOST_KEY_SSHRSA
        case "ssh-dss": LIBSSH2_KNOWNHOST_KEY_SSHDSS
        case "ecdsa-sha2-nistp256": LIBSSH2_KNOWNHOST_KEY_ECDSA_256
        case "ecdsa-sha2-nistp384": LIBSSH2_KNOWNHOST_KEY_ECDSA_384
        case "ecdsa-sha2-nistp521": LIBSSH2_KNOWNHOST_KEY_ECDSA_521
        case "ssh-ed25519": LIBSSH2_KNOWNHOST_KEY_ED25519
        default: LIBSSH2_KNOWNHOST_KEY_UNKNOWN
        }
    }
}
