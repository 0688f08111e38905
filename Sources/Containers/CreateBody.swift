/// The body of `POST /containers/create`.
/// Source: https://docs.docker.com/reference/api/engine/version/v1.41/#tag/Container/operation/ContainerCreate
struct CreateBody: Encodable {
    struct Host: Encodable {
        let networkMode: String
        let autoRemove = false
        let restartPolicy = ["Name": "no"]
        // Not "Binds": there, a source that does not exist becomes an empty folder that root owns.
        let mounts: [Mount]
        let tmpfs: [String: String]
        let deviceRequests: [DeviceRequest]
        let memory: Int64?
        let memorySwap: Int64?
        let nanoCpus: Int64?
        let cpusetCpus: String?
        let pidsLimit: Int64
        let shmSize: Int64
        let oomScoreAdj: Int
        let capDrop = ["ALL"]
        let capAdd: [String]
        let securityOpt = ["no-new-privileges"]
        let logConfig: LogConfig
    }

    struct Mount: Encodable {
        let type = "bind"
        let source: String
        let target: String
        let readOnly: Bool
    }

    struct DeviceRequest: Encodable {
        let driver = "nvidia"
        let count: Int?
        let deviceIDs: [String]?
        let capabilities = [["gpu"]]
    }

    struct LogConfig: Encodable {
        let type = "json-file"
        let config: [String: String]
    }

    let image: String
    let entrypoint: [String]?
    let cmd: [String]?
    let env: [String]
    let labels: [String: String]
    let user: String?
    let tty = false
    let stopTimeout: Int64
    let hostConfig: Host

    init(_ spec: ContainerSpec) {
        image = spec.image
        entrypoint = spec.entrypoint
        cmd = spec.command
        env = spec.environment.map { "\($0)=\($1)" }.sorted()
        labels = spec.labels
        user = spec.user
        stopTimeout = spec.stopTimeout.components.seconds
        hostConfig = Host(
            networkMode: spec.network,
            mounts: spec.mounts.map { Mount(source: $0.source, target: $0.target, readOnly: $0.isReadOnly) },
            tmpfs: spec.temporaryFolders,
            deviceRequests: Self.deviceRequests(spec.gpus),
            memory: spec.memory,
            // Left out, it would be twice the memory.
            memorySwap: spec.memory,
            nanoCpus: spec.nanoCPUs,
            cpusetCpus: spec.cpuSet,
            pidsLimit: spec.pids,
            shmSize: spec.sharedMemory,
            oomScoreAdj: spec.oomScoreAdjustment,
            capAdd: spec.addedCapabilities,
            logConfig: LogConfig(config: ["max-size": "\(spec.logFileSize)", "max-file": "\(spec.logFiles)"]))
    }

    private static func deviceRequests(_ gpus: ContainerSpec.GPUs) -> [DeviceRequest] {
        switch gpus {
        case .none: []
        // Either a count or names: the engine takes one of them only.
        case .all: [DeviceRequest(count: -1, deviceIDs: nil)]
        case .devices(let names): [DeviceRequest(count: nil, deviceIDs: names)]
        }
    }
}

extension ContainerSpec {
    /// In billionths of a core, as the engine counts.
    var nanoCPUs: Int64? { cpus.map { Int64(($0 * 1e9).rounded()) } }
}
