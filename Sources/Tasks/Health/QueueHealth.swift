import DB

extension Doctor {
    var pause: Probe {
        Probe(name: "queue", advice: Self.askAgain) {
            let troubles = try await queue.troubles()
            let found = "\(troubles.running) running, \(troubles.waiting) waiting, \(troubles.gpuSlots) GPU slot(s)"
            if let pause = troubles.pause {
                return .warning(
                    "\(found); paused by \(pause.pausedBy): \(pause.reason)",
                    advice: "deadtrees queue resume ends the pause")
            }
            guard troubles.gpuSlots > 0 else {
                return .warning(
                    found,
                    advice:
                        "without a row in v2_gpu_slots no ODM run starts: INSERT INTO v2_gpu_slots (name) VALUES ('gpu0')"
                )
            }
            return .ok(found)
        }
    }

    var leases: Probe {
        Probe(name: "leases", advice: Self.askAgain) {
            let silent = try await queue.troubles().silentLeases
            guard !silent.isEmpty else { return .ok("every running row is being looked after") }
            let rows = silent.map { "row \($0.queueID) of \($0.worker) for \(Int($0.silence / 60)) min" }
            return .warning(
                "no heartbeat: \(rows.joined(separator: ", "))",
                advice:
                    "start that worker again and it goes on; if its host will not come back: deadtrees evict \(silent[0].worker)"
            )
        }
    }

    var orphans: Probe {
        Probe(name: "running rows", advice: Self.askAgain) {
            let orphans = try await queue.troubles().orphans
            guard !orphans.isEmpty else { return .ok("each is held by a worker") }
            let ids = orphans.map(String.init).joined(separator: ", ")
            return .warning(
                "marked as running, but no worker holds them: \(ids)",
                advice:
                    "a worker puts them back after 10 minutes; at once does UPDATE v2_queue SET is_processing = false WHERE id IN (\(ids))"
            )
        }
    }

    var workers: Probe {
        Probe(name: "workers", advice: Self.askAgain) {
            let troubles = try await queue.troubles()
            guard troubles.silentWorkers.isEmpty else {
                return .warning(
                    "\(troubles.aliveWorkers) alive; gone without a word: \(troubles.silentWorkers.joined(separator: ", "))",
                    advice: "start them again, or deadtrees evict those that will not come back")
            }
            guard troubles.aliveWorkers > 0 else {
                return .warning("none is alive", advice: "start one with deadtrees worker")
            }
            return .ok("\(troubles.aliveWorkers) alive")
        }
    }
    /// Workers heal by themselves; somebody has to heal their hosts.
    var odmWorkers: Probe {
        Probe(name: "odm workers", advice: Self.askAgain) {
            let workers = try await queue.workers().workers.filter { $0.isAlive && $0.taskTypes.contains(Self.odm) }
            let refusing = workers.filter { $0.refusesODM != nil }
            guard !refusing.isEmpty else { return .ok("\(workers.count) alive, none refuses ODM") }
            let words = refusing.map { "\($0.name) on \($0.host): \($0.refusesODM ?? "")" }
            return .warning(
                "\(refusing.count) of \(workers.count) claim no ODM rows: \(words.joined(separator: "; "))",
                advice:
                    "put right what the sentence names, on that host; the worker looks every few seconds and goes on by itself"
            )
        }
    }

    /// What ends a container whose stage is gone.
    var watchdogs: Probe {
        Probe(name: "watchdogs", advice: Self.askAgain) {
            let workers = try await queue.workers().workers.filter { $0.isAlive && $0.watchdogSilence != nil }
            let blind = workers.filter { ($0.watchdogSilence ?? 0) > Self.longestSilence }
            guard !blind.isEmpty else { return .ok("\(workers.count) look at their host's containers") }
            let words = blind.map {
                "\($0.name) on \($0.host) for \(Int((($0.watchdogSilence ?? 0) / 60).rounded())) min"
            }
            return .warning(
                "have not seen their host's containers: \(words.joined(separator: ", "))",
                advice:
                    "look whether the Docker Engine of that host answers (docker ps); if it does, restart the worker")
        }
    }

    private static let odm = TaskType.odmProcessing.rawValue
    /// Seconds. A watchdog looks every 15.
    private static let longestSilence = 120.0
}
