import Failures

/// What a container uses at one moment.
public struct ContainerUse: Sendable {
    /// Bytes, without the file cache that the kernel can take back.
    public let memory: Int64
    /// The most it ever used, file cache included, bytes; nil where the kernel does not tell (control groups v2).
    public let peakMemory: Int64?
    /// Bytes that it may use.
    public let memoryLimit: Int64
    /// Seconds of all cores together, since its start.
    public let cpuSeconds: Double
    /// Processes and threads.
    public let processes: Int64
}

extension DockerEngine {
    /// The container's output, from its start or from a place where reading ended before.
    /// - Parameters:
    ///   - after: the last line read, see ``LogLine/position``. Lines come again neither twice nor not at all.
    ///   - follow: whether to wait for what is yet to be written, until the container ends.
    public func logs(_ id: String, after: LogPosition? = nil, follow: Bool) -> LogLines {
        LogLines(id: id, after: after, follow: follow) { [self] after, follow in
            var query = ["stdout": "1", "stderr": "1", "timestamps": "1", "follow": follow ? "1" : "0"]
            query["since"] = after?.sinceParameter
            return try await open(.get, "/containers/\(id)/logs", query: query, purpose: "read the container's output")
        }
    }

    /// What the container uses now; nil when it does not run.
    public func use(of id: String) async throws -> ContainerUse? {
        let purpose = "measure the container"
        let answer = try await call(
            .get, "/containers/\(id)/stats", query: ["stream": "0", "one-shot": "1"], purpose: purpose)
        switch answer.status {
        case 200: return try DockerJSON.decode(StatsAnswer.self, from: answer.body, purpose: purpose).use
        case 404, 409: return nil
        default: throw answer.refusal(purpose)
        }
    }

    /// How long the container's oldest process has run by the kernel's count, which no change of the wall clock moves;
    /// nil when it does not run. In whole seconds.
    public func age(of id: String) async throws -> Duration? {
        let purpose = "look at the container's processes"
        let answer = try await call(
            .get, "/containers/\(id)/top", query: ["ps_args": "-eo pid,etimes"], purpose: purpose)
        switch answer.status {
        case 200:
            let processes = try DockerJSON.decode(TopAnswer.self, from: answer.body, purpose: purpose).processes
            return processes?.compactMap { $0.dropFirst().first.flatMap { Int($0) } }.max().map { .seconds($0) }
        case 404, 409: return nil
        // Docker 20.10 and the ones before say this about containers that do not run.
        case 500 where answer.message.contains("is not running"): return nil
        default: throw answer.refusal(purpose)
        }
    }
}

/// The answer of `GET /containers/{id}/top`.
private struct TopAnswer: Decodable {
    let processes: [[String]]?
}

/// The answer of `GET /containers/{id}/stats`. Its keys are snake_case; empty for a container that does not run.
private struct StatsAnswer: Decodable {
    struct Memory: Decodable {
        let usage: Int64?
        let max_usage: Int64?
        let limit: Int64?
        let stats: [String: UInt64]?
    }
    struct CPU: Decodable {
        struct Usage: Decodable { let total_usage: UInt64 }
        let cpu_usage: Usage
    }
    struct Processes: Decodable { let current: Int64? }

    let memory_stats: Memory
    let cpu_stats: CPU
    let pids_stats: Processes

    var use: ContainerUse? {
        guard let usage = memory_stats.usage, let limit = memory_stats.limit else { return nil }
        // The first is the name on control groups v1, the second on v2.
        let cache = memory_stats.stats?["total_inactive_file"] ?? memory_stats.stats?["inactive_file"] ?? 0
        return ContainerUse(
            memory: max(0, usage - Int64(clamping: cache)), peakMemory: memory_stats.max_usage, memoryLimit: limit,
            cpuSeconds: Double(cpu_stats.cpu_usage.total_usage) / 1e9, processes: pids_stats.current ?? 0)
    }
}
