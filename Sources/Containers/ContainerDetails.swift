public import Foundation

/// What a container is and how it fares.
public struct ContainerDetails: Sendable {
    /// As the engine has it.
    public struct State: Sendable {
        public enum Status: String, Decodable, Sendable {
            case created, running, paused, restarting, removing, exited, dead
        }

        public let status: Status
        /// Of the first process, on the engine's host; nil unless it runs.
        public let pid: Int32?
        /// Of the first process; nil unless it has ended. 0 proves little: an engine that lost a container's
        /// traces reports 0, and 255 one that lost the container in a reboot.
        public let exitCode: Int32?
        /// Whether the kernel killed one of its processes for lack of memory. Neither necessary nor sufficient for
        /// a failure by memory: on control groups v2 older engines do not notice.
        public let oomKilled: Bool
        /// Why it did not start.
        public let error: String
        public let startedAt: Date?
        /// After a restart of the engine this is the engine's start, not the container's end. For a container of a
        /// few milliseconds it may lie before ``startedAt``, which the engine notes only once the start returned.
        public let finishedAt: Date?

        /// Whether it still holds memory, CPU and GPU.
        public var isAlive: Bool { [.running, .paused, .restarting].contains(status) }
        public var hasEnded: Bool { [.exited, .dead, .removing].contains(status) }
    }

    public let id: String
    public let name: String
    /// As named at creation.
    public let image: String
    /// `sha256:…`
    public let imageID: String
    public let labels: [String: String]
    public let createdAt: Date?
    public let state: State
    /// What the engine really applied.
    let applied: AppliedConfiguration
}

/// The answer of `GET /containers/{id}/json`.
struct InspectAnswer: Decodable {
    struct State: Decodable {
        let status: ContainerDetails.State.Status
        let pid: Int32
        let exitCode: Int32
        let oomKilled: Bool
        let error: String
        let startedAt: String
        let finishedAt: String

        enum CodingKeys: String, CodingKey {
            case status, pid, exitCode, error, startedAt, finishedAt
            case oomKilled = "oOMKilled"
        }
    }

    struct Config: Decodable {
        let image: String
        let labels: [String: String]?
    }

    let id: String
    let name: String
    let image: String
    let created: String
    let state: State
    let config: Config
    let hostConfig: AppliedConfiguration

    var details: ContainerDetails {
        ContainerDetails(
            id: id, name: name.hasPrefix("/") ? String(name.dropFirst()) : name, image: config.image, imageID: image,
            labels: config.labels ?? [:], createdAt: EngineTime(created)?.date, state: state.state, applied: hostConfig)
    }
}

extension InspectAnswer.State {
    fileprivate var state: ContainerDetails.State {
        let hasEnded = status == .exited || status == .dead
        return ContainerDetails.State(
            status: status, pid: pid > 0 ? pid : nil, exitCode: hasEnded ? exitCode : nil, oomKilled: oomKilled,
            error: error, startedAt: EngineTime(startedAt)?.date, finishedAt: EngineTime(finishedAt)?.date)
    }
}
