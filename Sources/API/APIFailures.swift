import Failures

extension Failure {
    static func keysUnavailable() -> Failure {
        Failure(
            "keys_unavailable", "the keys that tokens are signed with cannot be had at present; try again",
            retry: .later)
    }
}
