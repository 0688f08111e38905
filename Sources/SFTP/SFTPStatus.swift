public import Failures

/// The server's answer that an operation on a file did not work. The connection goes on.
public struct SFTPStatus: FailureConvertible, CustomStringConvertible {
    /// Source: https://datatracker.ietf.org/doc/html/draft-ietf-secsh-filexfer-02#section-7
    public enum Code: UInt32, Sendable {
        case ok = 0, endOfFile, noSuchFile, permissionDenied, failure, badMessage, noConnection, connectionLost
        case unsupported
    }

    public let code: Code
    /// In the server's words.
    public let message: String
    /// What was tried: `open`, `rename`, …
    public let operation: String

    public var description: String { "\(operation): \(message) (\(code))" }

    public var failure: Failure {
        // "Failure" is all that OpenSSH says of full disks, quotas and I/O errors, which pass.
        let isPermanent = [.permissionDenied, .badMessage, .unsupported].contains(code)
        return Failure(
            "storage_failed", "the storage server could not \(operation) a file: \(message)", detail: description,
            retry: isPermanent ? .never : .later)
    }
}
