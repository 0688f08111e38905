import Foundation
import TestSupport

/// The workers of a run: keeps as many alive as are wanted, starts those that died again, and harms them.
actor WorkerFleet {
    private let site: ChaosSite
    private var wanted = 0
    private var lives: [String: WorkerLife] = [:]
    private var notBefore: [String: ContinuousClock.Instant] = [:]
    /// Lives whose name another has taken while they stood still: they have to find out and stop.
    private var replaced: [WorkerLife] = []
    /// Names of such lives. One that stood still before it had registered replaces its successor when it wakes.
    private var contested: Set<String> = []
    private var isClosing = false
    private(set) var tally: [String: Int] = [:]
    private(set) var anomalies: [String] = []

    init(_ site: ChaosSite) { self.site = site }

    func want(_ count: Int) { wanted = count }

    func add(_ figure: String) { tally[figure, default: 0] += 1 }

    /// Until closed: starts what is wanted and not there. To be run as a task of its own.
    func supervise() async throws {
        while !isClosing {
            for number in 0..<wanted { try startWhereDue(number) }
            try await Task.sleep(for: .milliseconds(50))
        }
    }

    private func startWhereDue(_ number: Int) throws {
        let name = "w-\(number)"
        if let life = lives[name] {
            guard !life.isRunning else { return }
            note(life)
            lives[name] = nil
            // One that died by itself comes back as by a service manager.
            notBefore[name] = max(notBefore[name] ?? .now, .now + .milliseconds(200))
        }
        guard notBefore[name] ?? .now <= .now else { return }
        lives[name] = try WorkerLife(number: number, site: site, concurrency: wanted > 8 ? 1 : 2)
        add("worker starts")
    }

    private func note(_ life: WorkerLife) {
        if let strange = life.strangeEnd(mayFail: contested.contains(life.name)) { anomalies.append(strange) }
    }

    private func pick(_ share: Double) -> WorkerLife? {
        let running = lives.values.filter(\.isRunning).sorted { $0.name < $1.name }
        return running.isEmpty ? nil : running[Int(share * Double(running.count))]
    }

    /// Sends a worker a signal; it is started again after `back`. Returns its name.
    @discardableResult
    func end(_ share: Double, _ signal: Int32, back: Duration, as figure: String) -> String? {
        guard let life = pick(share) else { return nil }
        notBefore[life.name] = .now + back
        life.send(signal)
        add(figure)
        return life.name
    }

    func terminateTwice(_ share: Double, back: Duration) async throws {
        guard let life = pick(share) else { return }
        notBefore[life.name] = .now + back
        life.send(SIGTERM)
        add("SIGTERM twice")
        try await Task.sleep(for: .milliseconds(100))
        life.send(SIGTERM)
    }

    func suspend(_ share: Double, _ length: Duration) async throws {
        guard let life = pick(share) else { return }
        life.send(SIGSTOP)
        add("SIGSTOP")
        try await Task.sleep(for: length)
        life.send(SIGCONT)
    }

    func replace(_ share: Double, _ length: Duration) async throws {
        guard let life = pick(share) else { return }
        life.send(SIGSTOP)
        add("SIGSTOP and replaced")
        lives[life.name] = nil
        notBefore[life.name] = .now
        replaced.append(life)
        contested.insert(life.name)
        try await Task.sleep(for: length)
        life.send(SIGCONT)
    }

    /// Stops all in good order, and lets each host's next life clear its scratch folder.
    func close() async throws {
        isClosing = true
        // A life that stands still would not hear of its end.
        for life in lives.values {
            life.send(SIGCONT)
            life.send(SIGTERM)
        }
        try await finish(Array(lives.values) + replaced)
        let sweepers = try (0..<min(wanted, ChaosSite.hosts)).map {
            try WorkerLife(number: $0, site: site, concurrency: 1, once: true)
        }
        try await finish(sweepers)
    }

    private func finish(_ ending: [WorkerLife]) async throws {
        let end = ContinuousClock.now + .seconds(20)
        while ending.contains(where: \.isRunning), ContinuousClock.now < end {
            try await Task.sleep(for: .milliseconds(50))
        }
        for life in ending {
            note(life)
            life.send(SIGKILL)
        }
    }

    /// Leaves no process behind, whatever happened.
    func killAll() {
        isClosing = true
        for life in Array(lives.values) + replaced { life.send(SIGKILL) }
    }
}
