public import DB
import Failures

/// One line of the doctor's report.
public struct HealthCheck: Sendable, Encodable {
    public enum State: String, Sendable, Encodable {
        case ok
        /// Works, but less well than it could, or not for long.
        case warning
        case failed
    }

    public let check: String
    public let state: State
    public let found: String
    /// What to do about it; nil when there is nothing to do.
    @OrNull public var advice: String?
    /// Of the failure, where one was thrown.
    @OrNull public var code: String?

    /// Whether it failed because a service did not answer.
    public var isUnreachable: Bool { code?.hasSuffix("_unreachable") ?? false }
}

/// What one probe saw.
struct Finding: Sendable {
    let state: HealthCheck.State
    let found: String
    let advice: String?

    static func ok(_ found: String) -> Finding { Finding(state: .ok, found: found, advice: nil) }
    static func warning(_ found: String, advice: String) -> Finding {
        Finding(state: .warning, found: found, advice: advice)
    }
    static func failed(_ found: String, advice: String) -> Finding {
        Finding(state: .failed, found: found, advice: advice)
    }
}

/// One question of the doctor.
struct Probe: Sendable {
    let name: String
    /// What to do when `look` throws, which counts as failed.
    let advice: String
    let look: @Sendable () async throws -> Finding

    func check() async -> HealthCheck {
        do {
            let finding = try await look()
            return HealthCheck(
                check: name, state: finding.state, found: finding.found, advice: finding.advice, code: nil)
        } catch {
            let failure = Failure(error)
            let found = failure.sentence + (failure.detail.map { " (\($0))" } ?? "")
            return HealthCheck(check: name, state: .failed, found: found, advice: advice, code: failure.code)
        }
    }
}
