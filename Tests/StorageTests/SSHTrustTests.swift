import Failures
import Foundation
import SFTP
import Storage
import TestSupport
import Testing

/// Who is believed to be the storage server, and with which keys one gets in.
@Suite(.enabled(if: PrivateSSHServer.whyNot == nil, Comment(rawValue: PrivateSSHServer.whyNot ?? "")))
struct SSHTrustTests {
    private func fingerprint(_ key: String, of server: PrivateSSHServer) async throws -> String {
        let end = try await runProgram("/usr/bin/ssh-keygen", ["-l", "-f", "\(server.folder)/\(key).pub"])
        return String(end.output.split(separator: " ")[1])
    }

    @Test func anUnknownServerIsRefusedWithItsFingerprintAndTheLineToAdd() async throws {
        try await SSHSite.with { site in
            try "".write(toFile: site.server.knownHosts, atomically: true, encoding: .utf8)
            let failure = try await failure { _ = try await site.storage().stat(path("archive")) }
            #expect(failure.code == "storage_host_unknown" && failure.retry == .never)
            let fingerprint = try await fingerprint("host_ed25519", of: site.server)
            #expect(failure.sentence.contains("ssh-ed25519 \(fingerprint)"), "\(failure)")
            let detail = try #require(failure.detail)
            let line = try #require(detail.split(separator: ": ", maxSplits: 1).last)
            try line.appending("\n").write(toFile: site.server.knownHosts, atomically: true, encoding: .utf8)
            #expect(try await site.storage().stat(path("archive")) == nil)
        }
    }

    @Test func aServerWithAnotherKeyIsRefusedAndNotTriedAgain() async throws {
        try await SSHSite.withProxy { site, proxy in
            try await site.server.makeKey("other", "-t", "ed25519")
            try site.server.trust("other", port: site.port)
            let failure = try await failure { _ = try await site.storage().stat(path("archive")) }
            #expect(failure.code == "storage_host_changed" && failure.retry == .never)
            let fingerprint = try await fingerprint("host_ed25519", of: site.server)
            #expect(failure.sentence.contains(fingerprint))
            #expect(proxy.connections == 1)
        }
    }

    @Test func theKeyIsAskedForThatIsKnown() async throws {
        try await SSHSite.with { site in
            try site.server.trust("host_ecdsa")
            #expect(try await site.storage().stat(path("archive")) == nil)
            #expect(try await site.storage().facts().place.contains("ecdsa-sha2-nistp256 SHA256:"))
            try site.server.trust("host_ed25519")
            #expect(try await site.storage().facts().place.contains("ssh-ed25519 SHA256:"))
        }
    }

    @Test func hashedNamesAreKnownAndRevokedKeysAreNot() async throws {
        try await SSHSite.with { site in
            try await runProgram("/usr/bin/ssh-keygen", ["-H", "-f", site.server.knownHosts])
            let hashed = try String(contentsOfFile: site.server.knownHosts, encoding: .utf8)
            #expect(hashed.hasPrefix("|1|"))
            #expect(try await site.storage().stat(path("archive")) == nil)
            try site.server.trust("host_ed25519")
            let line = try String(contentsOfFile: site.server.knownHosts, encoding: .utf8)
            try "\(line)@revoked\t*\t\(line.split(separator: " ").dropFirst().joined(separator: " "))"
                .write(toFile: site.server.knownHosts, atomically: true, encoding: .utf8)
            let failure = try await failure { _ = try await site.storage().stat(path("archive")) }
            #expect(failure.code == "storage_host_changed")
        }
    }

    @Test func onlyAnRSAHostKeyIsNotEnoughAndTheSentenceSaysWhatIs() async throws {
        try await SSHSite.with { site in
            try await site.server.makeKey("host_rsa", "-t", "rsa")
            try site.server.trust("host_rsa")
            let failure = try await failure { _ = try await site.storage().stat(path("archive")) }
            #expect(failure.code == "storage_host_unknown")
            #expect(failure.sentence.contains("RSA") && failure.sentence.contains("ed25519"))
            #expect(failure.detail?.contains("ssh-keyscan -p \(site.port) -t ed25519 127.0.0.1") == true)
        }
    }

    /// A new host key is announced beside the old one, and then the old one goes: nobody notices.
    @Test func aHostKeyIsRotatedWithoutAnInterruption() async throws {
        try await SSHSite.with { site in
            try await site.server.makeKey("host_next", "-t", "ed25519")
            try site.server.trust("host_ed25519", "host_next")
            #expect(try await site.storage().stat(path("archive")) == nil)
            site.server.kill()
            try site.server.configure(hostKeys: ["host_next"])
            try await site.server.start()
            #expect(try await site.storage().stat(path("archive")) == nil)
        }
    }

    @Test(arguments: [["-t", "rsa"], ["-t", "rsa", "-m", "PEM"], ["-t", "rsa", "-m", "PKCS8"]])
    func anRSAKeyIsRefusedAtTheStart(_ kind: [String]) async throws {
        try await SSHSite.with { site in
            let key = "\(site.server.folder)/rsa"
            try await runProgram("/usr/bin/ssh-keygen", ["-q", "-N", "", "-f", key] + kind)
            // Nothing has been asked of the server.
            let failure = try await failure { _ = try site.storage(key: key) }
            #expect(failure.code == "storage_key_unusable" && failure.retry == .never)
            #expect(failure.sentence.contains("RSA") && failure.sentence.contains("SHA-1"))
            #expect(failure.sentence.contains("ssh-keygen -t ed25519"))
        }
    }

    @Test func otherKindsOfKeysAndWhatIsNoKeyAreRefusedAtTheStart() async throws {
        try await SSHSite.with { site in
            let publicHalf = try await failure { _ = try site.storage(key: "\(site.server.key).pub") }
            #expect(publicHalf.sentence.contains("without .pub"))
            let absent = try await failure { _ = try site.storage(key: "\(site.server.key).absent") }
            #expect(absent.code == "storage_key_unusable" && absent.sentence.contains("cannot be read"))
        }
    }

    @Test(arguments: [
        ["-t", "ed25519"], ["-t", "ecdsa"], ["-t", "ecdsa", "-b", "521"], ["-t", "ecdsa", "-m", "PEM"],
    ])
    func theseKeysGetIn(_ kind: [String]) async throws {
        try await SSHSite.with { site in
            try await runProgram(
                "/usr/bin/ssh-keygen", ["-q", "-N", "", "-f", "\(site.server.folder)/mine"] + kind)
            try site.server.letIn("mine")
            #expect(try await site.storage(key: "\(site.server.folder)/mine").stat(path("archive")) == nil)
        }
    }

    @Test func aPassphraseOpensTheKeyAndOnlyTheRightOne() async throws {
        try await SSHSite.with { site in
            let key = try await site.server.makeKey("mine", "-t", "ed25519", passphrase: "open sesame")
            try site.server.letIn("mine")
            #expect(try await site.storage(key: key, passphrase: "open sesame").stat(path("archive")) == nil)
            let missing = try await failure { _ = try site.storage(key: key) }
            #expect(missing.code == "storage_key_unusable")
            #expect(missing.sentence.contains("STORAGE_SSH_PASSPHRASE_FILE"))
            let wrong = try await failure {
                _ = try await site.storage(key: key, passphrase: "open barley").stat(path("archive"))
            }
            #expect(wrong.code == "storage_key_unusable" && wrong.sentence.contains("passphrase"), "\(wrong)")
            #expect(!"\(wrong)".contains("barley"))
        }
    }

    /// The server lets in a new key before the old one goes; and one that is not let in says so, and is tried later.
    @Test func userKeysAreRotatedAndAKeyThatIsNotLetInSaysSo() async throws {
        try await SSHSite.with { site in
            let next = try await site.server.makeKey("next", "-t", "ed25519")
            let old = try site.storage()
            #expect(try await old.stat(path("archive")) == nil)
            let early = try await failure { _ = try await site.storage(key: next).stat(path("archive")) }
            #expect(early.code == "storage_login_refused" && early.retry == .withoutBlame)
            #expect(early.sentence.contains("\"\(site.server.user)\"") && early.sentence.contains("authorized_keys"))
            try site.server.letIn("id_ed25519", "next")
            #expect(try await site.storage(key: next).stat(path("archive")) == nil)
            try site.server.letIn("next")
            // The old key's connection stands until it breaks.
            #expect(try await old.stat(path("archive")) == nil)
            site.server.killSessions()
            let late = try await failure { _ = try await old.stat(path("archive")) }
            #expect(late.code == "storage_login_refused")
        }
    }
}
