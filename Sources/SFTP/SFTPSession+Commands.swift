import Failures
import Foundation

/// What else is asked of the server, beside the SFTP protocol.
extension SFTPSession {
    /// The SHA-256 of a file as the server's own tools compute it, in 64 hexadecimal digits; nil where it lets nobody run
    /// commands, or has none for this. OpenSSL first, which is several times faster than coreutils 9.1.
    /// - Parameter limit: how long it may take; a terabyte takes more than an hour.
    public func serversHash(of path: String, within limit: Duration = .seconds(6 * 3600)) throws -> String? {
        let quoted = "'\(path.replacing("'", with: "'\\''"))'"
        let usual = ssh.answerLimit
        ssh.answerLimit = limit
        defer { ssh.answerLimit = usual }
        let command = "openssl dgst -sha256 -r -- \(quoted) 2>/dev/null || sha256sum -- \(quoted)"
        guard let answer = try run(command) else { return nil }
        let word = answer.prefix { $0.isHexDigit }
        return word.utf8.count == 64 ? word.lowercased() : nil
    }

    /// In one line: the server's key, and how the connection is protected.
    public var description: String { "\(ssh.hostKey?.fingerprint ?? "no host key"), \(ssh.methods)" }

    /// A server that is set up for SFTP alone refuses, or answers with something else.
    private func run(_ command: String) throws -> String? {
        try exchange {
            let channel: SSHChannel
            do {
                channel = try SSHChannel(ssh)
            } catch let failure as Failure where failure.code == "storage_refused" {
                return nil
            }
            guard try channel.start("exec", command) else {
                try channel.free()
                return nil
            }
            try channel.sendEnd()
            var answer = Data()
            let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 4096, alignment: 1)
            defer { buffer.deallocate() }
            // Whatever speaks at length is not one of the two.
            while answer.count < 64 << 10, case let count = try channel.read(into: buffer), count > 0 {
                answer.append(contentsOf: buffer[..<count])
            }
            try channel.free()
            return String(decoding: answer, as: UTF8.self)
        }
    }
}
