import Containers
import DB
import Failures
import Foundation
import Settings

/// Whether this host can run ODM just now, and with what.
struct ODMHealth: Sendable {
    let engine: DockerEngine
    let options: ODMOptions

    /// What a run needs to know of its host. Asked for before the GPU slot is taken.
    struct Means: Sendable {
        let image: ImageDetails
        let gpus: ContainerSpec.GPUs
        let place: ODMPlace
    }

    /// - Throws: `Failure` with `retry` `withoutBlame`: the host is at fault, and no row is any worse for it.
    func means() async throws -> Means {
        do {
            let info = try await engine.info()
            guard let image = try await engine.inspectImage(options.settings.image) else {
                throw Failure.noODMImage(options.settings.image)
            }
            let wantsGPU = options.settings.gpu != .off
            if options.settings.gpu == .required && !info.hasNvidiaRuntime { throw Failure.noGPU() }
            return Means(
                image: image, gpus: wantsGPU && info.hasNvidiaRuntime ? .all : .none, place: place(info))
        } catch let failure as Failure {
            throw failure.withoutBlame
        }
    }

    /// Where containers of this host's engine run.
    func place() async throws -> ODMPlace { place(try await engine.info()) }

    private func place(_ info: EngineInfo) -> ODMPlace {
        ODMPlace(host: options.host, engine: info.id.isEmpty ? options.host : info.id, bootID: Self.bootID)
    }

    /// New at each start of the host's kernel.
    /// Source: random(4), /proc/sys/kernel/random/boot_id
    static let bootID: String? = FileManager.default.contents(atPath: "/proc/sys/kernel/random/boot_id").map {
        String(decoding: $0, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
    }
}

extension Failure {
    /// The same, laid at the door of the host.
    var withoutBlame: Failure { Failure(code, sentence, detail: detail, retry: .withoutBlame) }

    static func noODMImage(_ image: String) -> Failure {
        Failure(
            "image_missing", "the ODM image \(image) is not on this worker's host; an operator has to pull it",
            retry: .withoutBlame)
    }
    static func noGPU() -> Failure {
        Failure(
            "gpu_missing", "this worker's host has no GPU that Docker can use, and ODM_GPU asks for one",
            retry: .withoutBlame)
    }
}
