import DB
import Failures
import HTTPTypes
import Hummingbird
import Storage

/// How the server is: for load balancers and Prometheus.
struct StatusRoutes: Sendable {
    let queue: JobQueue
    let uploads: Uploads
    let storage: any Storage
    let desk: UploadDesk
    let counters: Counters
    let version: String

    private struct Health: Encodable {
        let status: String
        var checks: [String: String]?
    }

    /// The process lives. Asks nobody else.
    func live(_ request: Request, _ context: BasicRequestContext) throws -> Response {
        try JSONBody.response(Health(status: "ok"))
    }

    /// Uploads can be taken: the database answers, storage can be reached.
    func ready(_ request: Request, _ context: BasicRequestContext) async throws -> Response {
        let database = await outcome { try await uploads.checkRoles() }
        let files = await outcome { _ = try await storage.facts() }
        let isReady = database == "ok" && files == "ok"
        let health = Health(status: isReady ? "ok" : "unavailable", checks: ["database": database, "storage": files])
        var response = try JSONBody.response(health, status: isReady ? .ok : .serviceUnavailable)
        if !isReady { response.headers[.retryAfter] = "10" }
        return response
    }

    /// `ok`, or what is wrong: a sentence that may be seen by everybody.
    private func outcome(_ check: () async throws -> Void) async -> String {
        do {
            try await check()
            return "ok"
        } catch {
            return Failure(error).sentence
        }
    }

    func metrics(_ request: Request, _ context: BasicRequestContext) async throws -> Response {
        let extent = desk.extent
        var lines = counters.lines()
        lines += Counters.metric("deadtrees_uploads_open", "gauge", "Uploads under way.", extent.uploads)
        lines += Counters.metric("deadtrees_uploads_open_bytes", "gauge", "Bytes of uploads under way.", extent.bytes)
        if let room = desk.folder.room(reserve: 0) {
            lines += Counters.metric(
                "deadtrees_uploads_disk_free_bytes", "gauge", "Free bytes where uploads lie.", room)
        }
        do {
            let counts = try await queue.counts()
            lines += Counters.metric("deadtrees_queue_waiting", "gauge", "Rows that wait.", counts.waiting)
            lines += Counters.metric("deadtrees_queue_running", "gauge", "Rows that run.", counts.running)
            lines += Counters.metric(
                "deadtrees_queue_oldest_waiting_seconds", "gauge", "Age of the oldest waiting row.",
                counts.oldestSeconds)
            lines += Counters.metric("deadtrees_workers_alive", "gauge", "Workers that are heard of.", counts.workers)
            lines += Counters.metric("deadtrees_database_up", "gauge", "Whether the database answers.", 1)
        } catch {
            // What can be said without it is still worth having.
            lines += Counters.metric("deadtrees_database_up", "gauge", "Whether the database answers.", 0)
        }
        return Response(
            status: .ok, headers: [.contentType: "text/plain; version=0.0.4; charset=utf-8"],
            body: .init(byteBuffer: .init(string: lines.joined(separator: "\n") + "\n")))
    }

    private struct Front: Encodable {
        let name = "DeadTrees API"
        let version: String
        let description = "Uploads of orthophotos and raw drone photos, and their processing"
        let openapi = "/openapi.json"
    }

    func front(_ request: Request, _ context: BasicRequestContext) throws -> Response {
        try JSONBody.response(Front(version: version))
    }

    func openAPI(_ request: Request, _ context: BasicRequestContext) -> Response {
        JSONBody.response(text: OpenAPIDocument.text(version: version))
    }
}
