public import Containers
import Foundation

/// Makes this process the owner of what ODM has written: its containers run as root, the worker need not.
public struct FolderOwnership: Sendable {
    private let engine: DockerEngine
    private let image: String
    private let user: uid_t
    private let group: gid_t

    /// - Parameters:
    ///   - image: any with `chown`; ODM's has it, as every Debian has.
    ///   - user: the new owner, and its group; nil for this process's.
    public init(engine: DockerEngine, image: String, user: UInt32? = nil, group: UInt32? = nil) {
        self.engine = engine
        self.image = image
        self.user = user ?? geteuid()
        self.group = group ?? getegid()
    }

    /// Takes the folder and all in it. Does nothing for root, who may remove everything.
    /// - Parameter labels: by which a watchdog finds the container, should this process die meanwhile.
    /// - Throws: `Failure` when the engine or the image is not there.
    public func take(of folder: String, labels: [String: String] = [:]) async throws {
        guard user != 0 else { return }
        var spec = ContainerSpec(image: image, command: ["-R", "\(user):\(group)", "/project"])
        spec.entrypoint = ["chown"]
        spec.mounts = [.init(source: folder, target: "/project")]
        spec.addedCapabilities += ["CHOWN"]
        spec.labels = labels
        let id = try await engine.create(spec, name: "deadtrees-chown-\(UUID().uuidString.prefix(8).lowercased())")
        do {
            try await engine.start(id)
            _ = try await engine.waitUntilExited(id, pollEvery: .seconds(1))
        } catch {
            try await engine.end(id, grace: .zero)
            try await engine.remove(id)
            throw error
        }
        try await engine.remove(id)
    }
}
