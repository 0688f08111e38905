import Failures

/// One line of the child's standard output.
enum NativeReply<Output: Codable & Sendable>: Codable, Sendable {
    case progress(Double)
    case done(Output, peakMemoryBytes: Int64)
    case failed(Failure, peakMemoryBytes: Int64)
}
