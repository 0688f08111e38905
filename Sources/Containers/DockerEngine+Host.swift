import Failures

/// What the engine's host can do.
public struct EngineInfo: Sendable {
    /// The engine's own, kept across its restarts; empty where it has none.
    public let id: String
    /// Of the engine, e.g. `20.10.24`.
    public let serverVersion: String
    /// The names of the container runtimes, e.g. `runc`, `nvidia`.
    public let runtimes: [String]
    /// Bytes.
    public let memory: Int64
    public let cpus: Int
    /// Whether containers go on while the engine restarts.
    public let hasLiveRestore: Bool
    /// `1` or `2`.
    public let cgroupVersion: String
    /// Where images, containers and their output lie, on the engine's host.
    public let dataFolder: String
    public let storageDriver: String
    public let operatingSystem: String

    /// Whether the NVIDIA Container Toolkit is set up. A host where it runs by CDI only does not show it here.
    public var hasNvidiaRuntime: Bool { runtimes.contains("nvidia") }
}

/// An image on the engine's host.
public struct ImageDetails: Sendable {
    /// `sha256:…`
    public let id: String
    /// Where it was pulled from, by content; nil for images made on this host.
    public let digest: String?
    public let entrypoint: [String]
    public let command: [String]
    public let environment: [String]
    public let labels: [String: String]
    /// Bytes.
    public let size: Int64
}

extension DockerEngine {
    public func info() async throws -> EngineInfo {
        let purpose = "ask the Docker Engine about its host"
        let answer = try await call(.get, "/info", purpose: purpose)
        guard answer.status == 200 else { throw answer.refusal(purpose) }
        return try DockerJSON.decode(InfoAnswer.self, from: answer.body, purpose: purpose).info
    }

    /// An image by name or id; nil when it is not on the engine's host.
    public func inspectImage(_ image: String) async throws -> ImageDetails? {
        let purpose = "inspect the image \(image)"
        let answer = try await call(.get, "/images/\(Self.path(of: image))/json", purpose: purpose)
        switch answer.status {
        case 200: return try DockerJSON.decode(ImageAnswer.self, from: answer.body, purpose: purpose).details
        case 404: return nil
        default: throw answer.refusal(purpose)
        }
    }

    /// Removes an image, or only its name when others name it too. Done as well when it is gone already.
    public func removeImage(_ image: String) async throws {
        let purpose = "remove the image \(image)"
        let answer = try await call(
            .delete, "/images/\(Self.path(of: image))", limit: longLimit, purpose: purpose)
        guard [200, 404].contains(answer.status) else { throw answer.refusal(purpose) }
    }

    /// Slashes, colons and the @ of a digest stay: they are part of an image's name in a path.
    private static func path(of image: String) -> String {
        encode(image).replacing("%2F", with: "/").replacing("%3A", with: ":").replacing("%40", with: "@")
    }

    /// Fetches an image from its registry, however long that takes. Without a tag it is `latest`.
    /// - Throws: ``Failure`` `image_pull_failed`.
    public func pull(_ image: String) async throws {
        struct Progress: Decodable { let error: String? }
        let lastPart = image.split(separator: "/").last ?? ""
        let reference = lastPart.contains(":") || lastPart.contains("@") ? image : "\(image):latest"
        let purpose = "pull the image \(reference)"
        let body = try await open(.post, "/images/create", query: ["fromImage": reference], purpose: purpose)
        var rest: [UInt8] = []
        // The status is 200 long before it is known whether the pull works: failures are lines among the progress.
        while let piece = try await body.next() {
            rest += piece
            var lines = rest.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
            rest = Array(lines.popLast() ?? [])
            for line in lines where body.status == 200 && line.count > 1 {
                let progress = try DockerJSON.decode(Progress.self, from: Array(line), purpose: purpose)
                if let error = progress.error { throw Failure.imagePullFailed(reference, message: error) }
            }
        }
        guard body.status == 200 else {
            let answer = HTTPAnswer(status: body.status, body: rest)
            throw Failure.imagePullFailed(reference, message: answer.message)
        }
        guard try await inspectImage(reference) != nil else {
            throw Failure.imagePullFailed(reference, message: "it is not there although the engine reported no failure")
        }
    }
}

/// The part of `GET /info` that we use.
private struct InfoAnswer: Decodable {
    struct Runtime: Decodable {}

    let id: String?
    let serverVersion: String
    let runtimes: [String: Runtime]?
    let memTotal: Int64
    let ncpu: Int
    let liveRestoreEnabled: Bool?
    let cgroupVersion: String?
    let dockerRootDir: String
    let driver: String
    let operatingSystem: String?

    enum CodingKeys: String, CodingKey {
        case id = "iD"
        case serverVersion, runtimes, memTotal, liveRestoreEnabled, cgroupVersion, dockerRootDir, driver,
            operatingSystem
        case ncpu = "nCPU"
    }

    var info: EngineInfo {
        EngineInfo(
            id: id ?? "", serverVersion: serverVersion, runtimes: (runtimes ?? [:]).keys.sorted(), memory: memTotal,
            cpus: ncpu,
            hasLiveRestore: liveRestoreEnabled ?? false, cgroupVersion: cgroupVersion ?? "1",
            dataFolder: dockerRootDir, storageDriver: driver, operatingSystem: operatingSystem ?? "")
    }
}

/// The part of `GET /images/{name}/json` that we use.
private struct ImageAnswer: Decodable {
    struct Config: Decodable {
        let entrypoint: [String]?
        let cmd: [String]?
        let env: [String]?
        let labels: [String: String]?
    }

    let id: String
    let repoDigests: [String]?
    let config: Config?
    let size: Int64

    var details: ImageDetails {
        ImageDetails(
            id: id, digest: repoDigests?.first, entrypoint: config?.entrypoint ?? [], command: config?.cmd ?? [],
            environment: config?.env ?? [], labels: config?.labels ?? [:], size: size)
    }
}
