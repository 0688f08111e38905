public import DB
import Execution
import Failures
import HTTPTypes
import Hummingbird
import HummingbirdCore
public import Logging
import NIOCore
public import NativeChild
public import ServiceLifecycle
public import Settings
public import Storage

/// The HTTP API: takes uploads in and queues their processing.
public struct APIServer: Service {
    private let settings: APISettings
    private let desk: UploadDesk
    private let intake: Intake
    private let chunks: ChunkRoutes
    private let processing: ProcessRoute
    private let status: StatusRoutes
    private let counters = Counters()
    private let logger: Logger

    /// Takes up the uploads that an earlier life of the server has left.
    /// - Parameters:
    ///   - database: of a user that may become `authenticated` and `service_role`.
    ///   - scratch: a folder of this host, for uploads where storage is elsewhere.
    ///   - reserve: bytes of the disk that stay free.
    ///   - name: stays across restarts, and is unique among running servers.
    /// - Throws: `Failure` where the folder for uploads cannot be made, or is in use by another server.
    public init(
        settings: APISettings, tokens: TokenVerifier, database: Database, storage: any Storage, native: NativeRunner,
        scratch: String, reserve: Int64, name: String, version: String, logger: Logger
    ) throws {
        self.settings = settings
        self.logger = logger
        let folder = UploadFolder(
            root: storage.localRoot ?? "\(scratch)/uploads", isStorage: storage.localRoot != nil)
        let limits = UploadLimits(
            chunk: settings.chunkLimit.bytes, file: settings.fileLimit.bytes, user: settings.userLimit.bytes,
            reserve: reserve)
        desk = try UploadDesk(folder, limits, logger: logger)
        intake = Intake(
            uploads: Uploads(database), storage: storage, native: native, desk: desk, server: name, logger: logger)
        chunks = ChunkRoutes(desk: desk, intake: intake, tokens: tokens, counters: counters)
        processing = ProcessRoute(requests: ProcessRequests(database), tokens: tokens)
        status = StatusRoutes(
            queue: JobQueue(database), uploads: Uploads(database), storage: storage, desk: desk, counters: counters,
            version: version)
    }

    /// Serves until graceful shutdown, which waits for the requests that are under way.
    public func run() async throws {
        let application = Application(
            router: router(),
            server: .http1(
                configuration: .init(
                    additionalChannelHandlers: [ClientManners()],
                    httpDecoderConfiguration: .init(
                        maxHeaderFieldSize: 32 << 10, maxHeaderListSize: 64 << 10, maxHeaderFieldCount: 100))),
            configuration: .init(
                address: .hostname(settings.bind.host, port: settings.bind.port),
                availableConnectionsDelegate: MaximumAvailableConnections(1024)),
            onServerRunning: { [logger] channel in
                let address = channel.localAddress
                logger.notice(
                    "listening", metadata: ["address": "\(address?.ipAddress ?? ""):\(address?.port ?? 0)"])
            }, logger: logger)
        try await withThrowingDiscardingTaskGroup { group in
            group.addTask { await cancelWhenGracefulShutdown { await sweep() } }
            try await application.run()
            group.cancelAll()
        }
    }

    /// Removes what nobody goes on with: at the start, and now and then.
    private func sweep() async {
        while !Task.isCancelled {
            await desk.sweep(olderThan: settings.uploadLifetime)
            do {
                try await intake.removeLeftovers(olderThan: settings.uploadLifetime)
            } catch {
                logger.warning("unfinished uploads could not be looked for", metadata: ["error": "\(Failure(error))"])
            }
            let pause = min(.seconds(600), settings.uploadLifetime / 4)
            try? await Task.sleep(for: pause)  // A canceled sleep ends the loop.
        }
    }

    /// Every path by itself and below `/api/v1`, where today's proxy and clients have it.
    private func router() -> Router<BasicRequestContext> {
        let router = Router(context: BasicRequestContext.self, options: .autoGenerateHeadEndpoints)
        let routes = self.routes
        let paths = Dictionary(grouping: routes, by: \.path).mapValues { $0.map(\.method) }
        let prefixed = Dictionary(uniqueKeysWithValues: paths.map { ("/api/v1\($0)", $1) })
        // Outermost: a page must be able to read refusals, too.
        if !settings.origins.isEmpty { router.add(middleware: CrossOrigin(origins: settings.origins)) }
        router.add(middleware: RequestFrame(counters: counters, methods: paths.merging(prefixed) { $1 }))
        for route in routes {
            router.on(RouterPath(route.path), method: route.method, use: route.handler)
            router.on(RouterPath("/api/v1\(route.path)"), method: route.method, use: route.handler)
        }
        return router
    }

    private struct Route {
        let method: HTTPRequest.Method
        let path: String
        let handler: @Sendable (Request, BasicRequestContext) async throws -> Response
    }

    private var routes: [Route] {
        [
            Route(method: .post, path: "/datasets/chunk", handler: chunks.receive),
            Route(method: .get, path: "/datasets/chunk/{upload_id}", handler: chunks.state),
            Route(method: .post, path: "/datasets/{dataset_id}/process", handler: processing.process),
            Route(method: .put, path: "/datasets/{dataset_id}/process", handler: processing.process),
            Route(method: .get, path: "/", handler: status.front),
            Route(method: .get, path: "/livez", handler: status.live),
            Route(method: .get, path: "/healthz", handler: status.live),
            Route(method: .get, path: "/readyz", handler: status.ready),
            Route(method: .get, path: "/metrics", handler: status.metrics),
            Route(method: .get, path: "/openapi.json", handler: status.openAPI),
        ]
    }
}
