import DB
import Foundation
import TestSupport
import Testing

/// PostgreSQL stopped, restarted and killed, on a cluster of its own, under a worker with rows to do and one in hand.
@Suite(.enabled(if: TestDatabase.isAvailable, "run the tests through make test"), .serialized)
struct PostgresFaultTests {
    enum Fault: String, CaseIterable, CustomTestStringConvertible {
        case stopped, restarted, killed
        var testDescription: String { rawValue }
    }

    @Test func workersOutliveTheirDatabase() async throws {
        try await PrivatePostgres.with { server in
            let test = TestDatabase(url: server.url, connections: 1)
            try await Site.checked(["POLL_INTERVAL": "1h"], on: test) { site in
                let worker = try WorkerProcess(site)
                for fault in Fault.allCases {
                    try await aStageOutlives(fault, server, site, worker)
                    try await anIdleWorkerHearsAgain(site)
                }
                try await site.stop(worker)
            }
            await test.database.close()
        }
    }

    /// The stage's child process stands still until the server is away. What it then does counts: the result is
    /// published when the server is back, by the same attempt.
    private func aStageOutlives(
        _ fault: Fault, _ server: PrivatePostgres, _ site: Site, _ worker: WorkerProcess
    ) async throws {
        let (dataset, row) = try await site.addOrthoRow(["geotiff", "thumbnail"])
        try await waitUntil("a child works: \(worker.log.suffix(1000))") { worker.stopChild() }
        switch fault {
        case .stopped, .restarted: try await server.stop()
        case .killed: try await server.kill()
        }
        worker.continueChildren()
        if fault != .restarted {
            try await waitUntil("the stage has ended without a database: \(worker.log.suffix(1000))") {
                worker.log.components(separatedBy: "the database did not answer, trying again").count > 1
            }
        }
        try await server.startAgain()
        try await site.untilServed()
        try await site.untilGone(row)
        #expect(try await site.history(dataset) == ["geotiff succeeded", "thumbnail succeeded"], "\(fault)")
    }

    private func anIdleWorkerHearsAgain(_ site: Site) async throws {
        let (_, row) = try await site.addMetadataRow()
        try await site.untilGone(row)
    }

    /// Nothing comes to rest before a database is there: a worker that is started without one waits for it.
    @Test func aWorkerThatStartsFirstWaitsForItsDatabase() async throws {
        try await PrivatePostgres.with { server in
            let test = TestDatabase(url: server.url, connections: 1)
            try await Site.checked(on: test) { site in
                let (dataset, row) = try await site.addMetadataRow()
                try await server.stop()
                let worker = try WorkerProcess(site)
                try await waitUntil("it waits") { worker.log.contains("the database did not answer, trying again") }
                try await server.startAgain()
                try await site.untilServed()
                try await site.untilGone(row)
                #expect(try await site.history(dataset) == ["metadata succeeded"])
                try await server.stop()
                // SIGTERM while the database is away is a stop in good order, too.
                worker.send(SIGTERM)
                #expect(try await worker.exitStatus(within: .seconds(30)) == 0, "\(worker.log.suffix(2000))")
                try await server.startAgain()
                try await site.untilServed()
            }
            await test.database.close()
        }
    }
}

extension Site {
    /// Waits until the test's own connection works again.
    func untilServed() async throws {
        try await waitUntil("the server answers") {
            (try? await test.sql("SELECT 1")) != nil  // The first time tells that the old connection is gone.
        }
    }
}

extension WorkerProcess {
    private var children: [Int32] {
        // A worker that has just ended has none.
        let threads = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/\(pid)/task")) ?? []
        return threads.flatMap { thread in
            // A thread may have ended since.
            let list = try? String(contentsOfFile: "/proc/\(pid)/task/\(thread)/children", encoding: .utf8)
            return (list ?? "").split(whereSeparator: \.isWhitespace).compactMap { Int32($0) }
        }
    }

    /// Stops the child process of a stage, where there is one.
    func stopChild() -> Bool {
        // Not before it runs its own program: until then, its parent waits for it.
        let child = children.first { child in
            let command = FileManager.default.contents(atPath: "/proc/\(child)/cmdline") ?? Data()
            return command.split(separator: 0).contains(Data("native".utf8))
        }
        return child.map { kill($0, SIGSTOP) == 0 } ?? false
    }

    func continueChildren() { children.forEach { kill($0, SIGCONT) } }
}
