public import Failures
import Foundation

/// What libpq or PostgreSQL said, with the SQLSTATE that decides what it means for us.
public struct DatabaseError: FailureConvertible, Equatable, CustomStringConvertible {
    /// Five characters, or nil when no server answered.
    public let sqlState: String?
    public let message: String
    /// What was tried: a statement's name, `connect`, `listen`.
    public let operation: String

    public var description: String {
        guard let sqlState else { return "\(operation) failed: \(message)" }
        return "\(operation) failed: \(message) (SQLSTATE \(sqlState))"
    }

    /// True when the session is gone, so that the same work can be tried on a new one: no SQLSTATE at all,
    /// class 08 (connection exception) and 57P0x (shutdown, crash, cannot connect now).
    /// Source: https://www.postgresql.org/docs/15/errcodes-appendix.html
    public var isConnectionLoss: Bool {
        guard let sqlState else { return true }
        return sqlState.hasPrefix("08") || sqlState.hasPrefix("57P")
    }

    /// True when the server could not do it this time and trying again can help: serialization failure and deadlock
    /// (class 40), out of disk, memory or connections (53), lock not available, statement canceled, I/O error (58).
    /// Source: https://www.postgresql.org/docs/15/errcodes-appendix.html
    public var isContention: Bool {
        guard let sqlState else { return false }
        return ["40", "53", "58"].contains(sqlState.prefix(2)) || ["55P03", "57014"].contains(sqlState)
    }

    /// True when the statement's values or the rights of who asked were refused: data exception (class 22), integrity
    /// constraint (23), insufficient privilege, which policies raise too. Trying again would change nothing.
    public var isRefusal: Bool {
        guard let sqlState else { return false }
        return ["22", "23"].contains(sqlState.prefix(2)) || sqlState == "42501"
    }

    /// The first line of the message, without its severity: what may be shown to whoever sent the values.
    public var reason: String {
        let line = message.components(separatedBy: "; ").first ?? message
        return line.replacing(/^[A-Z]+: +/, with: "")
    }

    /// A trigger of the platform has let an INSERT pass without a row. 23000 is integrity_constraint_violation.
    static let keptOut = DatabaseError(sqlState: "23000", message: "a trigger kept the row out", operation: "insert")

    /// Nothing was tried: `DATABASE_URL` is no address. F0000 is PostgreSQL's configuration_file_error.
    static let unreadableAddress = DatabaseError(
        sqlState: "F0000", message: "the address cannot be read", operation: "connect")

    public var failure: Failure {
        if self == .unreadableAddress {
            return Failure(
                "bad_setting",
                "DATABASE_URL is not an address that libpq can read; special characters in a password are written as %40 and so on"
            )
        }
        if isConnectionLoss {
            return Failure(
                "database_unreachable", "the database cannot be reached", detail: description, retry: .later)
        }
        return Failure("database_error", "the database refused a statement", detail: description, retry: .later)
    }
}
