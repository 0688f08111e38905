public import Containers
public import DB
import Failures
public import NativeChild

/// The task types that a worker can run, in the order in which it runs a row's stages.
public struct TaskRegistry: Sendable {
    private let handlers: [any TaskHandler]

    /// - Throws: `Failure` when two handlers share a type.
    public init(_ handlers: [any TaskHandler]) throws {
        guard Set(handlers.map(\.type)).count == handlers.count else {
            throw Failure("doubled_task_type", "two handlers are registered for one task type")
        }
        self.handlers = handlers
    }

    /// The handler that needs a GPU slot, where this worker has one.
    public var odm: (any TaskHandler)? { handlers.first { $0.type == .odmProcessing } }

    public var types: [TaskType] { handlers.map(\.type) }
    public var kinds: [StageKind] { handlers.map(\.kind) }

    /// Only these, or all but those. Names must be known; aliases are the database's business.
    /// - Throws: `Failure` with code `unknown_task_type`.
    public func limited(only: [String]?, except: [String]) throws -> TaskRegistry {
        let known = Set(types.map(\.rawValue))
        for name in (only ?? []) + except where !known.contains(name) {
            throw Failure(
                "unknown_task_type",
                "this worker knows no task type \"\(name)\"; it knows \(types.map(\.rawValue).joined(separator: ", "))")
        }
        return try TaskRegistry(
            handlers.filter { (only?.contains($0.type.rawValue) ?? true) && !except.contains($0.type.rawValue) })
    }

    /// The handlers for a row's task types, in order.
    /// - Throws: `Failure`, permanent, when the row names none or one that is not known here.
    public func stages(for types: [TaskType]) throws -> [any TaskHandler] {
        let unknown = types.filter { !self.types.contains($0) }
        guard !types.isEmpty, unknown.isEmpty else {
            throw Failure(
                "unknown_task_type",
                types.isEmpty
                    ? "the queue row names no task type"
                    : "the queue row names task types that no worker knows: \(unknown.map(\.rawValue).joined(separator: ", "))"
            )
        }
        return handlers.filter { types.contains($0.type) }
    }
}

extension TaskRegistry {
    /// All task types, in the order in which a row's stages run. A new one gets its line here.
    /// - Parameter assets: the folder with GADM, biome and phenology data; nil leaves those fields empty.
    public static func standard(engine: DockerEngine, odm: ODMOptions, assets: String?) throws -> TaskRegistry {
        try TaskRegistry([
            ODMProcessing(engine: engine, options: odm),
            GeoTIFFStage(),
            MetadataStage(assets: assets),
            COGStage(),
            ThumbnailStage(),
        ])
    }

    /// The kinds of work that stages do in a child process.
    public static let nativeWork: [any NativeWork.Type] = [
        UnpackPhotos.self, UnpackUploadedPhotos.self, CheckUploadedRaster.self, StandardiseOrtho.self, MakeCOG.self,
        MakeThumbnail.self, LookUpPlace.self,
        CheckOrthophoto.self,
    ]
}
