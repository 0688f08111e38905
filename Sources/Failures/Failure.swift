/// Why something did not work, in words for the person who waits and for the person who is paged.
///
/// Every module throws this one type across its border, so that a failure keeps its sentence from the C
/// library to `v2_statuses.error_message`, also through the pipe of a child process (it is `Codable`).
/// Make one with a factory in the module's own `…Failures.swift`; nowhere else.
public struct Failure: Error, Codable, Equatable, Sendable, CustomStringConvertible {
    /// Whether trying again, with nothing changed, can help.
    public enum Retry: String, Codable, Sendable {
        /// The input or the configuration is wrong: trying again would fail in the same way.
        case never
        /// The surroundings were at fault (network, disk, a service that was away): try later.
        case later
        /// This host was at fault (no Docker Engine, no image, no GPU), or a service that all rows need was away (the
        /// storage server): try later, and do not count it as an attempt.
        case withoutBlame
    }

    /// A stable name for programs and tests, lower case with underscores, e.g. `zip_encrypted`.
    public let code: String
    /// One sentence for the researcher: what was tried, on what, what was wrong, what to do.
    /// Lower case, no full stop, no secrets, no paths of the host.
    public let sentence: String
    /// What only an operator needs: library messages, exit codes, paths. Never shown to researchers.
    public let detail: String?
    public let retry: Retry

    public init(_ code: String, _ sentence: String, detail: String? = nil, retry: Retry = .never) {
        self.code = code
        self.sentence = sentence
        self.detail = detail
        self.retry = retry
    }

    public var description: String {
        guard let detail else { return "\(sentence) [\(code)]" }
        return "\(sentence) [\(code): \(detail)]"
    }

    /// The same failure with `context` put before its sentence, e.g. `cog: …`.
    public func prefixed(_ context: String) -> Failure {
        Failure(code, "\(context): \(sentence)", detail: detail, retry: retry)
    }
}

/// An error that can say itself as a `Failure`, for modules whose errors carry more (an SQLSTATE, say).
public protocol FailureConvertible: Error {
    var failure: Failure { get }
}

extension Failure {
    /// Any error as a failure: its own words where it has them, else an unexpected failure worth a retry.
    public init(_ error: any Error) {
        switch error {
        case let failure as Failure: self = failure
        case let convertible as any FailureConvertible: self = convertible.failure
        default:
            self.init("unexpected", "something went wrong that has no sentence yet", detail: "\(error)", retry: .later)
        }
    }
}
