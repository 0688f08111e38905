import Failures
import Foundation

/// What can be told of a private key's file before a server is asked.
enum PrivateKey {
    /// - Throws: `Failure` `storage_key_unusable` for a key that cannot work, with what to do.
    static func check(file: String, hasPassphrase: Bool) throws {
        guard let text = try? String(contentsOfFile: file, encoding: .utf8) else {  // the sentence says so
            throw Failure.keyUnusable(
                "STORAGE_SSH_KEY names a file that cannot be read; make a key with ssh-keygen -t ed25519", file)
        }
        let (kind, isEncrypted) = describe(text)
        switch kind {
        case .rsa:
            throw Failure.keyUnusable(
                "the key in STORAGE_SSH_KEY is an RSA key: libssh2 signs with it by SHA-1 only, which SSH servers refuse;"
                    + " make another with ssh-keygen -t ed25519", file)
        case .other(let name):
            throw Failure.keyUnusable(
                "the key in STORAGE_SSH_KEY is of a kind that does not work here, \(name);"
                    + " make another with ssh-keygen -t ed25519", file)
        case .noKey:
            throw Failure.keyUnusable(
                "the file in STORAGE_SSH_KEY holds no private key; name the one without .pub", file)
        case .usable where isEncrypted && !hasPassphrase:
            throw Failure.keyUnusable(
                "the key in STORAGE_SSH_KEY has a passphrase; put it into a file and name that in"
                    + " STORAGE_SSH_PASSPHRASE_FILE", file)
        case .usable: return
        }
    }

    enum Kind: Equatable {
        case usable, rsa, noKey
        case other(String)
    }

    static func describe(_ text: String) -> (kind: Kind, isEncrypted: Bool) {
        let lines = text.split(whereSeparator: \.isNewline).map(String.init)
        guard let start = lines.firstIndex(where: { $0.hasPrefix("-----BEGIN ") && $0.contains("PRIVATE KEY") })
        else { return (.noKey, false) }
        let isEncrypted = text.contains("ENCRYPTED")
        switch lines[start] {
        case let line where line.contains("OPENSSH"): return describeOpenSSH(lines[(start + 1)...])
        case let line where line.contains("RSA"): return (.rsa, isEncrypted)
        case let line where line.contains("DSA"): return (.other("DSA"), isEncrypted)
        // Elliptic curves in PEM, or PKCS #8, where only the bytes within would tell.
        default: return (isPKCS8RSA(lines[(start + 1)...]) ? .rsa : .usable, isEncrypted)
        }
    }

    /// Source: https://cvsweb.openbsd.org/src/usr.bin/ssh/PROTOCOL.key
    private static func describeOpenSSH(_ lines: ArraySlice<String>) -> (Kind, Bool) {
        let body = lines.prefix { !$0.hasPrefix("-----END") }.joined()
        guard let data = Data(base64Encoded: body), data.starts(with: Data("openssh-key-v1\0".utf8))
        else { return (.noKey, false) }
        return data.withUnsafeBytes { bytes in
            var reader = PacketReader(UnsafeRawBufferPointer(rebasing: bytes[15...]))
            guard let (cipher, blob) = try? cipherAndBlob(&reader)  // what is cut short is no key
            else { return (.noKey, false) }
            var inner = PacketReader(blob)
            let name = (try? inner.text()) ?? ""  // as above
            let isEncrypted = cipher != "none"
            if name == "ssh-rsa" { return (.rsa, isEncrypted) }
            let isUsable = name == "ssh-ed25519" || name.hasPrefix("ecdsa-sha2-nistp")
            return (isUsable ? .usable : .other(name), isEncrypted)
        }
    }

    private static func cipherAndBlob(_ reader: inout PacketReader) throws -> (String, UnsafeRawBufferPointer) {
        let cipher = try reader.text()
        // The key derivation's name and options, and how many keys there are.
        _ = (try reader.data(), try reader.data(), try reader.uint32())
        return (cipher, try reader.data())
    }

    /// By the object identifier rsaEncryption, 1.2.840.113549.1.1.1.
    private static func isPKCS8RSA(_ lines: ArraySlice<String>) -> Bool {
        let body = lines.prefix { !$0.hasPrefix("-----END") && !$0.contains(":") }.joined()
        let identifier = Data([0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x01, 0x01])
        return Data(base64Encoded: body)?.prefix(40).range(of: identifier) != nil
    }
}
