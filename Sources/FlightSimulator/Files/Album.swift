internal import Failures
internal import Foundation

/// Where the photos go: an archive or a folder, under its name only when all are in it.
struct Album: ~Copyable {
    private let output: URL
    private let scratch: URL
    private var archive: StoredZIP?

    init(_ output: URL) throws {
        self.output = output
        scratch = output.deletingLastPathComponent().appendingPathComponent(
            ".\(output.lastPathComponent).part-\(getpid())")
        let isArchive = output.pathExtension.lowercased() == "zip"
        guard isArchive || !FileManager.default.fileExists(atPath: output.path) else {
            throw Failure.flightNotWritten(output.lastPathComponent, "it is already there; remove it or choose another")
        }
        do {
            try FileManager.default.createDirectory(
                at: scratch.appendingPathComponent("photos"), withIntermediateDirectories: true)
        } catch {
            throw Failure.flightNotWritten(output.lastPathComponent, "its folder is missing or cannot be written to")
        }
        archive = isArchive ? try StoredZIP(creating: scratch.appendingPathComponent("photos.zip")) : nil
    }

    deinit { Self.remove(scratch) }

    func encode(_ pixels: [UInt8], _ tags: PhotoTags) throws -> [UInt8] {
        try PhotoFileWriter(scratch: scratch).encode(pixels, tags)
    }

    mutating func add(_ name: String, _ jpeg: [UInt8]) throws {
        guard archive == nil else {
            try archive?.add(name, jpeg)
            return
        }
        try Data(jpeg).write(to: scratch.appendingPathComponent("photos/\(name)"))
    }

    mutating func close() throws {
        let isArchive = archive != nil
        if let archive = archive.take() { try archive.close() }
        try moveIntoPlace(scratch.appendingPathComponent(isArchive ? "photos.zip" : "photos").path, output)
    }

    private static func remove(_ folder: URL) {
        // Nothing depends on it: what stays behind is hidden and named as unfinished.
        try? FileManager.default.removeItem(at: folder)
    }
}
