import ArgumentParser
import Failures
import Foundation
import Logging
import Settings
import Storage

/// Moves files to and from the storage of STORAGE_URL, as a worker would, and prints how long it took: seconds of the
/// transfer, with login, then MB/s, and the peak memory in MiB.
@main
struct StorageBench: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "storage-bench", subcommands: [Put.self, Get.self])

    struct Put: AsyncParsableCommand {
        @Argument(help: "A file or a folder of files.") var local: String
        @Argument(help: "Its path in storage.") var path: String

        func run() async throws {
            let storage = try StorageBench.storage()
            let files = try StorageBench.files(local, path)
            try await StorageBench.measure(files.reduce(0) { $0 + $1.bytes }) {
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for (index, file) in files.enumerated() {
                        if index >= storage.width { try await group.next() }
                        group.addTask { try await storage.store(file.local, as: file.path, progress: { _ in }) }
                    }
                    try await group.waitForAll()
                }
            }
        }
    }

    struct Get: AsyncParsableCommand {
        @Argument(help: "The path of a file or folder in storage.") var path: String
        @Argument(help: "Where it goes.") var local: String

        func run() async throws {
            let storage = try StorageBench.storage()
            let start = ContinuousClock.now
            let path = try StoragePath(path)
            guard let stored = try await storage.stat(path) else { throw ValidationError("\(path) is not there") }
            let files = stored.isFolder ? try await storage.list(path) : [stored]
            if stored.isFolder {
                try FileManager.default.createDirectory(atPath: local, withIntermediateDirectories: true)
            }
            let targets = files.map { (file: $0, target: stored.isFolder ? "\(local)/\($0.path.name)" : local) }
            try await StorageBench.measure(files.reduce(0) { $0 + $1.bytes }, since: start) {
                try await storage.fetch(targets, progress: { _ in })
            }
        }
    }

    private static func storage() throws -> SFTPStorage {
        let settings = try AppSettings.current().storage
        guard case .sftp(let address) = settings.location else {
            throw ValidationError("STORAGE_URL is no sftp:// address")
        }
        return try SFTPStorage(address, settings, logger: Logger(label: "bench"))
    }

    private static func files(_ local: String, _ path: String) throws -> [(
        local: String, path: StoragePath, bytes: Int64
    )] {
        var isFolder: ObjCBool = false
        _ = FileManager.default.fileExists(atPath: local, isDirectory: &isFolder)
        let names = isFolder.boolValue ? try FileManager.default.contentsOfDirectory(atPath: local).sorted() : [""]
        return try names.map { name in
            let file = name.isEmpty ? local : "\(local)/\(name)"
            let size = try FileManager.default.attributesOfItem(atPath: file)[.size] as? Int64 ?? 0
            return (file, try StoragePath(name.isEmpty ? path : "\(path)/\(name)"), size)
        }
    }

    private static func measure(
        _ bytes: Int64, since start: ContinuousClock.Instant = .now, _ body: () async throws -> Void
    ) async throws {
        try await body()
        let seconds = (ContinuousClock.now - start) / .seconds(1)
        var usage = rusage()
        getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
        print(
            String(format: "%.2f s  %.0f MB/s  %d MiB", seconds, Double(bytes) / 1e6 / seconds, usage.ru_maxrss / 1024))
    }
}
