public import Execution

/// One HTTP exchange that is still to be made, with a server of the internet or of this host. Certificates are checked,
/// proxies of the environment are used, redirections are not followed: a token must not go where nobody sent it.
public struct WebRequest: Sendable {
    /// What is asked of the server.
    public enum Method: String, Sendable {
        case get = "GET"
        case post = "POST"
        case put = "PUT"
    }

    /// What goes with the request.
    public enum Body: Sendable {
        case none
        /// Bytes of a media type, such as `application/json`.
        case bytes([UInt8], type: String)
        case form(WebForm)
    }

    /// How long an exchange may take, and how much may come back.
    public struct Limits: Sendable {
        /// For finding the server, connecting to it and agreeing on keys; default 10 s.
        public var connect = Duration.seconds(10)
        /// Over this time, while bytes are on their way, at least 1 KiB/s must move; default 60 s.
        public var stall = Duration.seconds(60)
        /// From the end of the request to the beginning of the answer; default 5 min, because what the system has taken
        /// from us may still be on its way.
        public var answer = Duration.seconds(300)
        /// For everything together; default none.
        public var total: Duration?
        /// Of the answer's body, in bytes; default 4 MiB.
        public var bodyBytes = 4 << 20

        public init() {}
    }

    public var method: Method
    /// Begins with `http://` or `https://`.
    public var address: String
    /// Names and values, sent in this order.
    public var headers: [(name: String, value: String)]
    public var body: Body
    public var limits = Limits()

    public init(
        _ method: Method, _ address: String, headers: [(name: String, value: String)] = [], body: Body = .none
    ) {
        (self.method, self.address, self.headers, self.body) = (method, address, headers, body)
    }

    /// The server's name and port, as the address has them, and nothing that may be secret.
    public var server: String {
        let rest = address.split(separator: "://", maxSplits: 1).last ?? ""
        let authority = rest.prefix { !"/?#".contains($0) }
        return String(authority.split(separator: "@").last ?? "")
    }

    /// Makes the exchange; for the threads of ``/Execution/BlockingWork``. Each call stands alone: to try again is to
    /// call again.
    /// - Parameters:
    ///   - interruption: once raised, the exchange ends within a fifth of a second.
    ///   - onSent: is told how many bytes of the body the system has taken, whenever that grows; on the calling thread.
    /// - Returns: whatever the server answered, errors included.
    /// - Throws: `web_unreachable`, `web_broken`, `web_silent` (worth a retry), `web_untrusted`, `web_request_invalid`,
    ///   `web_answer_too_long`, `web_file_unreadable`, `web_file_too_short`, `CancellationError`.
    public func send(
        _ interruption: Interruption, onSent: (_ bytes: Int64) -> Void = { _ in }
    ) throws -> WebResponse {
        try CurlExchange(self).run(interruption, onSent: onSent)
    }
}

/// What a server answered.
public struct WebResponse: Sendable {
    public let status: Int
    /// By names in lower case; of several with one name, the last.
    public let headers: [String: String]
    public let body: [UInt8]
}
