import API
import ArgumentParser
import DB
import Execution
import Failures
import Foundation
import Glibc
import Logging
import NativeChild
import ServiceLifecycle
import Settings
import Web

struct ServeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve",
        abstract: "Serve the HTTP API: take uploads in and queue their processing.",
        discussion: """
            Listens on HTTP_BIND. SIGTERM: no new connections, and requests that are under way are finished; a second \
            one ends them. What has arrived of an upload is kept, and its client goes on with it at the next start.
            """)

    func run() async throws {
        Self.allowOpenFiles()
        let environment = try Environment()
        let settings = environment.settings
        let server = try APIServer(
            settings: settings.api, tokens: try await tokens(environment),
            database: environment.database(connections: 8),
            storage: try await environment.reachedStorage(), native: NativeRunner(),
            scratch: settings.worker.workDirectory, reserve: settings.worker.diskReserve.bytes,
            name: settings.worker.name, version: Version.text, logger: environment.logger)
        let group = ServiceGroup(
            configuration: .init(
                services: [.init(service: server, successTerminationBehavior: .gracefullyShutdownGroup)],
                logger: environment.logger))
        try await StopSignals.run(group, logger: environment.logger) { Foundation.exit(128 + $0) }
    }

    /// Each upload and each connection has a file open, and the usual 1024 are soon gone.
    private static func allowOpenFiles() {
        var limit = rlimit()
        let resource = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
        guard getrlimit(resource, &limit) == 0 else { return }
        limit.rlim_cur = limit.rlim_max
        setrlimit(resource, &limit)
    }

    private func tokens(_ environment: Environment) async throws -> TokenVerifier {
        let (api, logger) = (environment.settings.api, environment.logger)
        switch api.tokenKeys {
        case .none:
            logger.warning("no token will be believed: set JWT_SECRET, JWKS_FILE or JWKS_URL")
            return .nobody()
        case .secret(let secret): return await .secret(secret.reveal(), audience: api.audience)
        case .file(let path):
            let set = KeySet(logger: logger) { try Data(contentsOf: URL(fileURLWithPath: path)) }
            return .keySet(set, audience: api.audience)
        case .url(let address):
            let work = BlockingWork(label: "deadtrees.keys")
            let set = KeySet(logger: logger) { try await work.run { try Self.fetch(address, $0) } }
            return .keySet(set, audience: api.audience)
        }
    }

    private static func fetch(_ address: String, _ interruption: Interruption) throws -> Data {
        var request = WebRequest(.get, address)
        request.limits.total = .seconds(10)
        let answer = try request.send(interruption)
        guard answer.status == 200 else { throw Failure.keySetRefused(address, answer.status) }
        return Data(answer.body)
    }
}

extension Failure {
    static func keySetRefused(_ address: String, _ status: Int) -> Failure {
        Failure(
            "key_set_refused", "the key set of JWKS_URL was answered with \(status)", detail: address, retry: .later)
    }
}
