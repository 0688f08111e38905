import Failures

/// A container in a list.
public struct ContainerSummary: Sendable {
    public let id: String
    public let name: String
    public let image: String
    public let labels: [String: String]
    public let status: ContainerDetails.State.Status
}

extension DockerEngine {
    /// Makes a container, and checks that the engine applied what was asked for. It does not run yet.
    /// - Parameter name: unique on the engine; letters, digits, `_`, `.` and `-`.
    /// - Returns: its id.
    /// - Throws: ``Failure`` `image_missing`, `mount_missing`, `container_name_taken`, `container_not_as_asked`.
    public func create(_ spec: ContainerSpec, name: String) async throws -> String {
        struct Created: Decodable { let id: String }
        let purpose = "create the container \(name)"
        let answer = try await call(
            .post, "/containers/create", query: ["name": name], body: try DockerJSON.encode(CreateBody(spec)),
            limit: longLimit, purpose: purpose)
        switch answer.status {
        case 201: break
        case 404: throw Failure.imageMissing(spec.image, message: answer.message)
        case 409: throw Failure.containerNameTaken(name, message: answer.message)
        case 400 where answer.message.contains("bind source path does not exist"):
            throw Failure.mountMissing(message: answer.message)
        default: throw answer.refusal(purpose)
        }
        let id = try DockerJSON.decode(Created.self, from: answer.body, purpose: purpose).id
        do {
            guard let details = try await inspect(id) else { throw Failure.containerGone(id) }
            try details.applied.check(against: spec)
        } catch {
            // Whoever called does not know the id, so nobody else would remove it.
            await removeQuietly(id)
            throw error
        }
        return id
    }

    private func removeQuietly(_ id: String) async {
        // A task of its own, for the calling one may be cancelled.
        await Task { try? await remove(id) }.value  // What this leaves is found by its labels.
    }

    /// Starts a container; one that runs already goes on running.
    /// - Throws: ``Failure`` `gpu_missing`, `command_missing`, `mount_missing`, `container_gone`.
    public func start(_ id: String) async throws {
        let purpose = "start the container"
        let answer = try await call(.post, "/containers/\(id)/start", limit: longLimit, purpose: purpose)
        let message = answer.message
        switch answer.status {
        case 204, 304: return
        case 404 where message.contains("No such container"), 409: throw Failure.containerGone(id)
        case _ where message.contains("could not select device driver") || message.contains("nvidia-container-cli"):
            throw Failure.gpuMissing(message: message)
        case _ where message.contains("bind source path does not exist"):
            throw Failure.mountMissing(message: message)
        case _ where message.contains("executable file not found") || message.contains("no such file or directory"):
            throw Failure.commandMissing(purpose, message: message)
        default: throw answer.refusal(purpose)
        }
    }

    /// How a container fares; nil when the engine knows none of that id or name.
    public func inspect(_ id: String) async throws -> ContainerDetails? {
        let purpose = "inspect the container"
        let answer = try await call(.get, "/containers/\(id)/json", purpose: purpose)
        switch answer.status {
        case 200: return try DockerJSON.decode(InspectAnswer.self, from: answer.body, purpose: purpose).details
        case 404: return nil
        default: throw answer.refusal(purpose)
        }
    }

    /// Asks the container to end, with SIGTERM, and kills it after `grace`. Returns when the engine says that it ended.
    /// One that has ended, or is gone, is left alone. To be sure, use ``end(_:grace:)``.
    public func stop(_ id: String, grace: Duration) async throws {
        let purpose = "stop the container"
        let answer = try await call(
            .post, "/containers/\(id)/stop", query: ["t": "\(grace.components.seconds)"],
            limit: grace + limit, purpose: purpose)
        guard [204, 304, 404].contains(answer.status) else { throw answer.refusal(purpose) }
    }

    /// Sends a signal, to kill unless said otherwise. One that has ended, or is gone, is left alone.
    public func kill(_ id: String, signal: String = "KILL") async throws {
        let purpose = "kill the container"
        let answer = try await call(.post, "/containers/\(id)/kill", query: ["signal": signal], purpose: purpose)
        guard [204, 404, 409].contains(answer.status) else { throw answer.refusal(purpose) }
    }

    /// Removes a container with its unnamed volumes, killing it if it runs. Done as well when it is gone already.
    public func remove(_ id: String) async throws {
        let purpose = "remove the container"
        let answer = try await call(
            .delete, "/containers/\(id)", query: ["force": "1", "v": "1"], limit: longLimit, purpose: purpose)
        switch answer.status {
        case 204, 404: return
        // Somebody else is at it.
        case 409 where answer.message.contains("already in progress"):
            guard try await inspect(id) != nil else { return }
            throw answer.refusal(purpose)
        default: throw answer.refusal(purpose)
        }
    }

    /// The containers that bear all of these labels.
    /// - Parameter all: also those that do not run.
    public func list(labels: [String: String], all: Bool = true) async throws -> [ContainerSummary] {
        let purpose = "list the containers"
        let filters = ["label": labels.map { "\($0)=\($1)" }.sorted()]
        let answer = try await call(
            .get, "/containers/json",
            query: [
                "all": all ? "1" : "0", "filters": String(decoding: try DockerJSON.encode(filters), as: UTF8.self),
            ],
            purpose: purpose)
        guard answer.status == 200 else { throw answer.refusal(purpose) }
        return try DockerJSON.decode([ListEntry].self, from: answer.body, purpose: purpose).map(\.summary)
    }
}

/// One element of `GET /containers/json`.
private struct ListEntry: Decodable {
    let id: String
    let names: [String]?
    let image: String
    let labels: [String: String]?
    let state: ContainerDetails.State.Status

    var summary: ContainerSummary {
        let name = names?.first ?? ""
        return ContainerSummary(
            id: id, name: name.hasPrefix("/") ? String(name.dropFirst()) : name, image: image, labels: labels ?? [:],
            status: state)
    }
}
