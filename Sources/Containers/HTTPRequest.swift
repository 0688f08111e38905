import Failures

/// One request to the engine.
struct HTTPRequest: Sendable {
    enum Method: String {
        case get = "GET"
        case post = "POST"
        case delete = "DELETE"
    }

    let endpoint: Endpoint
    let method: Method
    /// With its query, percent-encoded.
    let path: String
    let body: [UInt8]
    /// For the whole exchange; nil for streams that last as long as a container.
    let limit: Duration?
    /// What is tried, for failures, e.g. `inspect container 4f2a`.
    let purpose: String
}

/// A whole answer.
struct HTTPAnswer: Sendable {
    let status: Int
    let body: [UInt8]
}
