import DB
import Foundation
import TestSupport
import Testing

/// Connections that are cut without a word: packets are dropped, and neither side is told.
@Suite(
    .enabled(if: TestDatabase.isAvailable, "run the tests through make test"),
    .enabled(if: NetworkNamespace.whyNot == nil, Comment(rawValue: NetworkNamespace.whyNot ?? "")), .serialized)
struct SilentNetworkTests {
    @Test func theListenersConnectionAndThenAll() async throws {
        try await NetworkNamespace.with { network in
            try await PrivatePostgres.with(openTo: "10.213.0.0/16") { server in
                let test = TestDatabase(url: server.url)
                try await Site.checked(["POLL_INTERVAL": "1h"], on: test) { site in
                    var address = try #require(URLComponents(string: server.url))
                    address.host = network.host
                    let worker = try WorkerProcess(
                        site, [], ["DATABASE_URL": address.string ?? ""], through: network.prefix)
                    try await theListenerIsCut(site, network, worker)
                    try await allIsCut(site, network, worker)
                    try await site.stop(worker)
                }
                await test.database.close()
            }
        }
    }

    /// With work to do that only a notification, or its absence, would tell.
    private func theListenerIsCut(_ site: Site, _ network: NetworkNamespace, _ worker: WorkerProcess) async throws {
        try await waitUntil("it listens: \(worker.log)") { try await site.test.isListening("deadtrees listener") }
        let port = try await site.test.sql(
            "SELECT client_port FROM pg_stat_activity WHERE application_name = 'deadtrees listener'"
        )[0].get("client_port", as: Int.self)
        try network.lose(port: port)
        let (dataset, row) = try await site.addMetadataRow()
        let start = ContinuousClock.now
        try await site.untilGone(row, within: .seconds(60))
        print("the listener found its silent connection and the row after \(ContinuousClock.now - start)")
        #expect(try await site.history(dataset) == ["metadata succeeded"])
        #expect(worker.log.contains("listener lost its connection"))
    }

    /// In the middle of a stage, which goes on; its result is published when the network is back.
    private func allIsCut(_ site: Site, _ network: NetworkNamespace, _ worker: WorkerProcess) async throws {
        let (dataset, row) = try await site.addOrthoRow(["geotiff"])
        try await waitUntil("a child works: \(worker.log)") { worker.stopChild() }
        try network.setLink(up: false)
        worker.continueChildren()
        let (_, next) = try await site.addMetadataRow()
        try await waitUntil(within: .seconds(60), "the worker has noticed: \(worker.log)") {
            worker.log.contains("the database did not answer, trying again")
        }
        try network.setLink(up: true)
        try await site.untilGone(row, within: .seconds(60))
        try await site.untilGone(next, within: .seconds(60))
        #expect(try await site.history(dataset) == ["geotiff succeeded"])
    }
}
