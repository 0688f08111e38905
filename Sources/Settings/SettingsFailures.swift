import Failures

extension Failure {
    /// Everything that is wrong with the environment, in one sentence.
    static func badSettings(_ problems: [String]) -> Failure {
        Failure("bad_setting", problems.joined(separator: "; "))
    }
}
