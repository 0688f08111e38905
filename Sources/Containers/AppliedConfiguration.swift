import Failures

/// The part of a container's configuration that has to be as asked for: the engine ignores fields that it does not
/// know without a word, and Podman ignores requests for GPUs.
struct AppliedConfiguration: Decodable, Sendable {
    struct DeviceRequest: Decodable, Sendable {
        let deviceIDs: [String]?
        let count: Int?
    }

    struct RestartPolicy: Decodable, Sendable {
        let name: String
    }

    let networkMode: String
    let memory: Int64
    let memorySwap: Int64
    let nanoCpus: Int64?
    let cpusetCpus: String?
    let pidsLimit: Int64?
    let shmSize: Int64?
    let autoRemove: Bool?
    let restartPolicy: RestartPolicy?
    let deviceRequests: [DeviceRequest]?
    let oomScoreAdj: Int?
    let capDrop: [String]?
    let capAdd: [String]?
    let securityOpt: [String]?

    /// - Throws: ``Failure`` `container_not_as_asked`, which names every difference.
    func check(against spec: ContainerSpec) throws {
        var differences: [String] = []
        func expect<Value: Equatable>(_ what: String, _ asked: Value?, _ applied: Value?) {
            guard let asked, asked != applied else { return }
            differences.append("\(what) \(applied.map { "\($0)" } ?? "none") in place of \(asked)")
        }
        expect("network", spec.network, networkMode)
        expect("memory", spec.memory, memory)
        expect("memory with swap", spec.memory, memorySwap)
        expect("CPU time", spec.nanoCPUs, nanoCpus)
        expect("cores", spec.cpuSet, cpusetCpus)
        expect("processes", spec.pids, pidsLimit)
        expect("shared memory", spec.sharedMemory, shmSize)
        expect("automatic removal", false, autoRemove ?? false)
        expect("restart policy", "no", restartPolicy?.name)
        expect("readiness to be killed for memory", spec.oomScoreAdjustment, oomScoreAdj)
        expect("capabilities dropped", ["ALL"], Self.names(capDrop))
        expect("capabilities added", spec.addedCapabilities.sorted(), Self.names(capAdd))
        expect("no new privileges", true, securityOpt?.contains { $0.hasPrefix("no-new-privileges") } ?? false)
        expect("GPU requests", spec.gpus == .none ? 0 : 1, deviceRequests?.count ?? 0)
        guard differences.isEmpty else { throw Failure.containerNotAsAsked(differences) }
    }

    /// Newer engines answer with the kernel's names, `CAP_CHOWN` for `CHOWN`.
    private static func names(_ capabilities: [String]?) -> [String] {
        (capabilities ?? []).map { $0.hasPrefix("CAP_") ? String($0.dropFirst(4)) : $0 }.sorted()
    }
}
