import Failures

/// Where a Docker Engine listens, as `DOCKER_HOST` says it.
struct Endpoint: Sendable, CustomStringConvertible {
    /// The setting as it was given.
    let description: String
    let socketPath: String?
    let baseURL: String

    /// Reads `unix:///path/of/socket` or `tcp://host:port`. TCP is not encrypted: for private networks only.
    /// - Throws: ``Failure`` `docker_host_invalid`.
    init(_ host: String) throws(Failure) {
        description = host
        if let path = host.suffix(after: "unix://"), path.hasPrefix("/") {
            socketPath = String(path)
            // The name in the URL only fills the Host header, which the engine insists on.
            baseURL = "http://docker"
        } else if let address = host.suffix(after: "tcp://"), address.contains(":"), !address.hasPrefix(":"),
            !address.contains("/")
        {
            socketPath = nil
            baseURL = "http://\(address)"
        } else {
            throw Failure.dockerHostInvalid(host)
        }
    }
}

extension String {
    fileprivate func suffix(after prefix: String) -> Substring? {
        hasPrefix(prefix) ? dropFirst(prefix.count) : nil
    }
}
