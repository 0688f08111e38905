import Execution
import Failures
import Foundation
import Settings
import Web

/// The API's endpoints for uploads.
struct UploadServer: Sendable {
    let address: UploadAddress
    let token: Secret
    /// A thread for each request that is under way: waiting for the network must not hold up Swift's own threads.
    let work = BlockingWork(label: "earth.deadtrees.upload")

    /// What has arrived of an upload; nil where the server knows none of that id.
    func standing(_ id: String) async throws -> UploadStanding? {
        let request = request(.get, "/datasets/chunk/\(id)")
        do {
            return try UploadAnswer.decode(UploadStanding.self, try await send(request))
        } catch let refusal as UploadRefusal where refusal.status == 404 {
            return nil
        }
    }

    /// Sends one chunk.
    /// - Parameters:
    ///   - answerLimit: how long the server may think about it.
    ///   - onSent: is told how many bytes the system has taken, from any thread.
    func send(
        _ form: WebForm, answerLimit: Duration?, onSent: @escaping @Sendable (Int64) -> Void
    ) async throws -> Data {
        var request = request(.post, "/datasets/chunk", .form(form))
        if let answerLimit { request.limits.answer = answerLimit }
        return try await send(request, onSent: onSent)
    }

    func queue(_ dataset: Int64, _ order: ProcessingOrder) async throws -> QueuePlace {
        let body = WebRequest.Body.bytes(try [UInt8](JSONEncoder().encode(order)), type: "application/json")
        return try QueuePlace(try await send(request(.put, "/datasets/\(dataset)/process", body)))
    }

    private func request(
        _ method: WebRequest.Method, _ path: String, _ body: WebRequest.Body = .none
    ) -> WebRequest {
        let headers = [
            ("Authorization", "Bearer \(token.reveal())"), ("Accept", "application/json"),
            ("User-Agent", "deadtrees/\(Version.text)"),
        ]
        return WebRequest(method, address.description + path, headers: headers, body: body)
    }

    /// - Throws: `UploadRefusal` for every status but 2xx.
    private func send(
        _ request: WebRequest, onSent: @escaping @Sendable (Int64) -> Void = { _ in }
    ) async throws -> Data {
        let answer = try await work.run { try request.send($0, onSent: onSent) }
        guard (200..<300).contains(answer.status) else { throw UploadRefusal(answer) }
        return Data(answer.body)
    }
}
