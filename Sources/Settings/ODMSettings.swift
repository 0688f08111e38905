import Failures
import Foundation
import ODMFlags

/// How OpenDroneMap is run.
public struct ODMSettings: Equatable, Sendable {
    public enum GPU: String, CaseIterable, Sendable {
        /// Use a GPU where the engine has one.
        case auto
        /// Do not run ODM without one.
        case required
        case off
    }

    /// Docker Engine API: `unix:///path` or `tcp://host:port`.
    public let dockerHost: String
    public let image: String
    public let gpu: GPU
    /// For all containers of a queue row together; the one that runs then is killed.
    public let timeout: Duration
    /// A container that neither prints nor computes for this long is ended; zero never.
    public let stallLimit: Duration
    /// `LEASE` while a container runs: a false take-over costs a day of GPU time, a late one half an hour.
    public let lease: Duration
    /// The production flags with `ODM_ARGS` merged into them.
    public let arguments: ODMArguments
    /// Memory limit of the container.
    public let memory: ByteCount
    /// Processor limit of the container, in cores.
    public let cpus: Double
    /// ClusterODM that takes the submodels of a split set; nil runs them here.
    public let clusterURL: String?

    init(reading reader: inout EnvironmentReader, host: HostFacts) {
        dockerHost = reader.value(
            "DOCKER_HOST", or: "unix:///var/run/docker.sock",
            accepted: "unix:///path/of/docker.sock or tcp://host:port", parse: Self.dockerHost(written:))
        image = reader.image("ODM_IMAGE") ?? "opendronemap/odm:gpu"
        gpu = reader.choice("ODM_GPU", or: .auto)
        timeout = reader.duration("ODM_TIMEOUT", or: .seconds(86_400), in: .seconds(1)...(.seconds(30 * 86_400)))
        stallLimit = reader.duration("ODM_STALL", or: .seconds(7200), in: .zero...(.seconds(30 * 86_400)))
        lease = reader.duration("ODM_LEASE", or: .seconds(1800), in: .seconds(9)...(.seconds(86_400)))
        arguments = reader.value("ODM_ARGS", or: .production) { text throws(Failure) in
            try ODMArguments.production.merging(ODMArguments(written: text))
        }
        memory = reader.value(
            "ODM_MEMORY", or: host.memory.share(percent: 80),
            accepted: "a size of at least 256MiB, such as 96GiB, or a share of the host's memory, such as 80%"
        ) { Self.memory(written: $0, host: host) }
        cpus = reader.value(
            "ODM_CPUS", or: Double(host.cores), accepted: "a number of cores from 0.1 to 1024, such as 8"
        ) { Double($0).flatMap { (0.1...1024).contains($0) ? $0 : nil } }
        clusterURL = reader.optional(
            "ODM_CLUSTER_URL", accepted: ODMFlag.named("--sm-cluster")?.accepted ?? "an address"
        ) { ODMFlag.named("--sm-cluster")?.accepts($0) == true ? $0 : nil }
    }

    private static func dockerHost(written text: String) -> String? {
        if text.hasPrefix("unix:///"), text.count > "unix:///".count { return text }
        guard let parts = URLComponents(string: text), parts.scheme == "tcp", parts.host?.isEmpty == false,
            parts.port != nil
        else { return nil }
        return text
    }

    private static func memory(written text: String, host: HostFacts) -> ByteCount? {
        let size: ByteCount?
        if text.hasSuffix("%") {
            size = Int(text.dropLast()).flatMap { (1...100).contains($0) ? host.memory.share(percent: $0) : nil }
        } else {
            size = ByteCount(written: text)
        }
        return size.flatMap { $0 >= .mebibytes(256) ? $0 : nil }
    }
}
