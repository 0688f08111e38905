import Failures
import Foundation
import Synchronization

/// A client of a Docker Engine, over its HTTP API.
///
/// Any number of tasks may use it at the same time. Every call has a time limit and can be cancelled. Engines that
/// cannot be reached, or do not answer in time, throw ``Failure`` `docker_unreachable`, which is worth a retry.
/// Call ``shutdown()`` when it is no longer needed; letting go of it does the same.
public final class DockerEngine: Sendable {
    /// For one answer.
    let limit: Duration
    /// For what moves data or processes: create, start, remove.
    var longLimit: Duration { limit * 4 }
    /// No answer that is read as a whole is as large as this, in bytes.
    private static let largestAnswer = 64 << 20

    private let endpoint: Endpoint
    let loop: TransferLoop
    private let version = Mutex<EngineVersion?>(nil)

    /// Makes a client; nothing is sent yet.
    /// - Parameters:
    ///   - host: as `DOCKER_HOST` has it, `unix:///path` or `tcp://host:port`.
    ///   - limit: for one answer; four times as long for create, start and remove.
    /// - Throws: ``Failure`` `docker_host_invalid`.
    public init(host: String = "unix:///var/run/docker.sock", limit: Duration = .seconds(30)) throws {
        endpoint = try Endpoint(host)
        self.limit = limit
        loop = try TransferLoop()
    }

    /// A client of the same engine with connections of its own, so that nothing waits for what others do with theirs.
    public init(beside other: DockerEngine, limit: Duration = .seconds(10)) throws {
        endpoint = other.endpoint
        self.limit = limit
        loop = try TransferLoop()
    }

    deinit {
        loop.shutdown()
    }

    /// Ends all calls and streams with ``Failure`` `docker_closed`. Later calls fail in the same way.
    public func shutdown() {
        loop.shutdown()
    }

    /// Which API both sides speak: asked once, and again after the engine was away.
    /// - Throws: ``Failure`` `docker_too_old`, `docker_too_new`.
    public func negotiatedVersion() async throws -> EngineVersion {
        if let known = version.withLock({ $0 }) { return known }
        let purpose = "ask the Docker Engine for its version"
        let answer = try await exchange(.get, "/version", purpose: purpose)
        guard answer.status == 200 else { throw answer.refusal(purpose) }
        let negotiated = try DockerJSON.decode(VersionAnswer.self, from: answer.body, purpose: purpose).negotiated()
        version.withLock { $0 = negotiated }
        return negotiated
    }

    // MARK: One call

    /// Sends one request and returns the whole answer, whatever its status.
    func call(
        _ method: HTTPRequest.Method, _ path: String, query: [String: String] = [:], body: [UInt8] = [],
        limit: Duration? = nil, purpose: String
    ) async throws -> HTTPAnswer {
        let version = try await negotiatedVersion()
        return try await exchange(
            method, "/v\(version)\(path)\(Self.encode(query))", body: body, limit: limit, purpose: purpose)
    }

    /// Opens an answer that is read piece by piece, for as long as it lasts.
    func open(
        _ method: HTTPRequest.Method, _ path: String, query: [String: String], purpose: String
    ) async throws -> ResponseBody {
        let version = try await negotiatedVersion()
        return loop.send(
            HTTPRequest(
                endpoint: endpoint, method: method, path: "/v\(version)\(path)\(Self.encode(query))", body: [],
                limit: nil, purpose: purpose))
    }

    private func exchange(
        _ method: HTTPRequest.Method, _ path: String, body: [UInt8] = [], limit: Duration? = nil,
        purpose: String
    ) async throws -> HTTPAnswer {
        try Task.checkCancellation()
        let response = loop.send(
            HTTPRequest(
                endpoint: endpoint, method: method, path: path, body: body, limit: limit ?? self.limit, purpose: purpose
            ))
        var bytes: [UInt8] = []
        do {
            while let piece = try await response.next() {
                bytes += piece
                guard bytes.count <= Self.largestAnswer else {
                    throw Failure.dockerAnswerUnreadable(purpose, reason: "more than \(Self.largestAnswer) bytes")
                }
            }
        } catch {
            // Perhaps it comes back as another version.
            version.withLock { $0 = nil }
            throw error
        }
        return HTTPAnswer(status: response.status, body: bytes)
    }

    private static func encode(_ query: [String: String]) -> String {
        guard !query.isEmpty else { return "" }
        return "?" + query.sorted { $0.key < $1.key }.map { "\($0)=\(encode($1))" }.joined(separator: "&")
    }

    /// Percent-encodes all but letters, digits, and what no part of a URL gives a meaning to.
    static func encode(_ text: String) -> String {
        text.utf8.map { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"):
                String(UnicodeScalar(byte))
            default:
                "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
            }
        }.joined()
    }
}

extension HTTPAnswer {
    /// What the engine says about a failure.
    var message: String {
        struct Message: Decodable { let message: String }
        let text = String(decoding: body.prefix(4096), as: UTF8.self)
        let decoded = try? DockerJSON.decode(Message.self, from: body, purpose: "")  // A proxy's need not be JSON.
        return decoded?.message ?? text
    }

    func refusal(_ purpose: String) -> Failure {
        .dockerRefused(purpose, status: status, message: message)
    }
}
