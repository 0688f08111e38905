import DB
import Foundation
import Logging
import TestSupport

/// One run: the plan's phases, one after the other, then the end of all work, then the check.
actor ChaosRun {
    private let plan: ChaosPlan
    private let server: PrivatePostgres
    private let site: ChaosSite
    private let database: Database
    private let traffic: ChaosTraffic
    private let fleet: WorkerFleet
    private let proxy: TCPProxy
    /// One thing at a time is done to the server.
    private var isServerBusy = false
    private var isNetworkBusy = false

    static func run(_ plan: ChaosPlan) async throws -> ChaosReport {
        let folder = NSTemporaryDirectory() + "deadtrees-chaos-\(UUID().uuidString.prefix(8))"
        for name in ["logs", "work", "storage"] {
            try FileManager.default.createDirectory(atPath: "\(folder)/\(name)", withIntermediateDirectories: true)
        }
        let start = ContinuousClock.now
        var report = try await PrivatePostgres.with { server in
            let run = try ChaosRun(plan, server, folder)
            defer { run.proxy.close() }
            do { return try await run.all() } catch {
                await run.fleet.killAll()
                throw error
            }
        }
        report.seconds = (ContinuousClock.now - start) / .seconds(1)
        if report.anomalies.isEmpty {
            try FileManager.default.removeItem(atPath: folder)
        } else {
            report.folder = folder
        }
        return report
    }

    private init(_ plan: ChaosPlan, _ server: PrivatePostgres, _ folder: String) throws {
        self.plan = plan
        self.server = server
        var address = URLComponents(string: server.url) ?? URLComponents()
        proxy = try TCPProxy(upstream: UInt16(address.port ?? 5432))
        address.port = Int(proxy.port)
        site = ChaosSite(seed: plan.seed, url: server.url, proxiedURL: address.string ?? "", folder: folder)
        var logger = Logger(label: "chaos driver")
        logger.logLevel = .critical
        database = Database(url: server.url, applicationName: "chaos driver", connections: 3, logger: logger)
        traffic = ChaosTraffic(database: database)
        fleet = WorkerFleet(site)
    }

    private func all() async throws -> ChaosReport {
        let checker = try await QueueChecker.install(in: database)
        try await traffic.prepare()
        let supervisor = Task { try await fleet.supervise() }
        for phase in plan.phases { try await perform(phase) }
        let left = try await finishAllWork()
        try await fleet.close()
        try await supervisor.value
        var report = ChaosReport(plan: plan)
        report.anomalies = try await checker.anomalies() + fleet.anomalies + left + leftovers()
        report.figures = try await checker.figures()
        report.tally = await fleet.tally
        if !report.anomalies.isEmpty {
            try await runProgram("/usr/bin/env", ["pg_dump", site.url, "-f", "\(site.folder)/database.sql"])
        }
        await database.close()
        return report
    }

    private func perform(_ phase: ChaosPlan.Phase) async throws {
        await fleet.want(phase.workers)
        let start = ContinuousClock.now
        say("chaos: \(phase.workers) workers for \(phase.length)")
        try await withThrowingDiscardingTaskGroup { group in
            group.addTask {
                var dice = SeededDice(self.plan.seed, Int64(phase.workers))
                for timed in phase.traffic {
                    try await Task.sleep(until: start + timed.at)
                    await self.perform(timed.event, &dice)
                }
            }
            for timed in phase.faults {
                try await Task.sleep(until: start + timed.at)
                group.addTask { try await self.perform(timed.event) }
            }
            try await Task.sleep(until: start + phase.length)
        }
    }

    private nonisolated func perform(_ event: ChaosPlan.Traffic, _ dice: inout SeededDice) async {
        do {
            try await traffic.perform(event, &dice)
        } catch let error as DatabaseError {
            // The server is away, or v2_requeue refuses what is running (55006).
            await fleet.add(
                "statements of users refused, \(error.isConnectionLoss ? "no server" : error.sqlState ?? "")")
        } catch {
            await fleet.add("\(error)")
        }
    }

    private func perform(_ fault: ChaosPlan.Fault) async throws {
        switch fault {
        case .kill(let share, let back): await fleet.end(share, SIGKILL, back: back, as: "kill -9")
        case .evict(let share, let back):
            guard let name = await fleet.end(share, SIGKILL, back: back, as: "kill -9 and evicted") else { return }
            try? await traffic.evict(name)  // The server may be away.
        case .terminate(let share, let back): await fleet.end(share, SIGTERM, back: back, as: "SIGTERM")
        case .terminateTwice(let share, let back): try await fleet.terminateTwice(share, back: back)
        case .suspend(let share, let length): try await fleet.suspend(share, length)
        case .replace(let share, let length): try await fleet.replace(share, length)
        case .endBackends(let count):
            try? await traffic.endBackends(count)  // The server may be away.
            await fleet.add("connections ended, times")
        case .blackHole(let length): try await harmNetwork(.blackHole, length, as: "network black holes")
        case .swallowAnswers(let length):
            try await harmNetwork(.swallowAnswers, length, as: "network loses answers, times")
        case .restartPostgres: try await harmServer("PostgreSQL restarts") { try await $0.restart() }
        case .killPostgres(let away):
            try await harmServer("PostgreSQL kill -9") {
                try await $0.kill()
                try await Task.sleep(for: away)
                try await $0.startAgain()
            }
        case .stopPostgres(let away):
            try await harmServer("PostgreSQL stops") {
                try await $0.stop()
                try await Task.sleep(for: away)
                try await $0.startAgain()
            }
        }
    }

    private func harmNetwork(_ mode: TCPProxy.Mode, _ length: Duration, as figure: String) async throws {
        guard !isNetworkBusy else { return }
        isNetworkBusy = true
        defer { isNetworkBusy = false }
        await fleet.add(figure)
        proxy.become(mode)
        try await Task.sleep(for: length)
        proxy.become(.forward)
        // What was lost on the way will not come: a real path would say so in the end.
        proxy.cut()
    }

    private func harmServer(_ figure: String, _ body: @Sendable (PrivatePostgres) async throws -> Void) async throws {
        guard !isServerBusy else { return }
        isServerBusy = true
        defer { isServerBusy = false }
        await fleet.add(figure)
        try await body(server)
    }

    /// Waits for healthy workers to do what is left. Returns what they have not done.
    private func finishAllWork() async throws -> [String] {
        say("chaos: nothing is broken any more; finishing what is left")
        let end = ContinuousClock.now + .seconds(120)
        var left = 1
        while ContinuousClock.now < end, left > 0 {
            do {
                try await traffic.clearTheWay()
                left = try await traffic.rowsLeft()
            } catch let error as DatabaseError {
                say("chaos: \(error)")
            }
            try await Task.sleep(for: .milliseconds(200))
        }
        return left == 0 ? [] : ["\(left) rows have not ended within 120 s of good health"]
    }

    private nonisolated func leftovers() -> [String] {
        (0..<ChaosSite.hosts).flatMap { QueueChecker.scratchFolders(in: site.scratch(of: "h\($0)")) }
            .map { "the scratch folder \($0) is left" }
    }
}
