public import Foundation
import Glibc
import Testing

/// One connection to an HTTP server on loopback, which sends exactly what it is told to: also what no client would.
public final class HTTPCall: Sendable {
    private let descriptor: Int32
    private let wantsBody: Bool

    /// - Parameter wantsBody: false for answers to HEAD, which have a length and no body.
    public init(port: UInt16, wantsBody: Bool = true) throws {
        self.wantsBody = wantsBody
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = in_addr_t(INADDR_LOOPBACK).bigEndian
        let isConnected = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
        guard isConnected else { throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .ECONNREFUSED) }
    }

    deinit { close(descriptor) }

    /// Sends bytes. Whether they arrive is the server's to say.
    public func send(_ bytes: Data) {
        bytes.withUnsafeBytes { bytes in
            var done = 0
            while done < bytes.count, let start = bytes.baseAddress {
                let count = Glibc.send(descriptor, start + done, bytes.count - done, Int32(MSG_NOSIGNAL))
                guard count > 0 else { return }
                done += count
            }
        }
    }

    /// Hangs up without a word.
    public func hangUp() { shutdown(descriptor, Int32(SHUT_RDWR)) }

    /// Reads one answer on a thread that may block.
    public func answer() async throws -> HTTPAnswer {
        try await withCheckedThrowingContinuation { continuation in
            Thread { [self] in continuation.resume(with: Result { try read { $0 != 100 } }) }.start()
        }
    }

    /// Waits for the server to ask for the body.
    public func continuation() async throws {
        _ = try await withCheckedThrowingContinuation { continuation in
            Thread { [self] in continuation.resume(with: Result { try read { $0 == 100 } }) }.start()
        }
    }

    private func read(until isWanted: (_ status: Int) -> Bool) throws -> HTTPAnswer {
        var bytes = Data()
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            if let answer = HTTPAnswer(bytes, wantsBody: wantsBody) {
                if isWanted(answer.status) { return answer }
                bytes = bytes.suffix(from: bytes.startIndex + answer.length)
                continue
            }
            let count = recv(descriptor, &buffer, buffer.count, 0)
            guard count > 0 else { throw POSIXError(.ECONNRESET) }
            bytes += Data(buffer[..<count])
        }
    }
}

/// What a server has answered.
public struct HTTPAnswer: Sendable {
    public let status: Int
    /// By name in lower case.
    public let headers: [String: String]
    public let body: Data
    /// Bytes of the whole.
    let length: Int

    /// Nil while it is not whole.
    init?(_ bytes: Data, wantsBody: Bool) {
        guard let end = bytes.range(of: Data("\r\n\r\n".utf8)) else { return nil }
        let lines = String(decoding: bytes[..<end.lowerBound], as: UTF8.self).components(separatedBy: "\r\n")
        let words = lines[0].split(separator: " ")
        guard words.count > 1, let status = Int(words[1]) else { return nil }
        let pairs = lines.dropFirst().compactMap { line -> (String, String)? in
            let parts = line.split(separator: ":", maxSplits: 1)
            return parts.count == 2 ? (parts[0].lowercased(), parts[1].trimmingCharacters(in: .whitespaces)) : nil
        }
        headers = Dictionary(pairs) { $1 }
        let count = wantsBody ? headers["content-length"].flatMap { Int($0) } ?? 0 : 0
        guard bytes.endIndex - end.upperBound >= count else { return nil }
        self.status = status
        body = bytes[end.upperBound..<(end.upperBound + count)]
        length = end.upperBound + count - bytes.startIndex
    }

    public var text: String { String(decoding: body, as: UTF8.self) }
    /// The body's members; empty where it is no JSON object.
    public var json: [String: Any] {
        let object = try? JSONSerialization.jsonObject(with: body)  // see above
        return object as? [String: Any] ?? [:]
    }
    /// The sentence that clients show.
    public var detail: String { json["detail"] as? String ?? "\(json["detail"] ?? "")" }
}

extension APIProcess {
    /// Sends one request on a connection of its own.
    public func call(
        _ method: String, _ path: String, token: String? = nil, headers: [String: String] = [:], body: Data = Data()
    ) async throws -> HTTPAnswer {
        let call = try HTTPCall(port: port, wantsBody: method != "HEAD")
        call.send(Self.head(method, path, token, headers, length: body.count) + body)
        return try await call.answer()
    }

    /// The first bytes of a request.
    public static func head(
        _ method: String, _ path: String, _ token: String?, _ headers: [String: String] = [:], length: Int
    ) -> Data {
        var lines = ["\(method) \(path) HTTP/1.1", "Host: localhost", "Content-Length: \(length)"]
        if let token { lines.append("Authorization: Bearer \(token)") }
        lines += headers.map { "\($0): \($1)" }
        return Data((lines + ["", ""]).joined(separator: "\r\n").utf8)
    }
}
