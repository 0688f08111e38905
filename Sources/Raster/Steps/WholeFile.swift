import Failures
import Foundation

/// Lets a file appear under its final name only when it is whole.
enum WholeFile {
    private static let partMark = ".part-"
    private static let scratchMark = ".scratch-"

    /// The name, without its folder, under which people know a file that is still a part or a scratch file.
    static func finalName(of path: String) -> String {
        let name = URL(fileURLWithPath: path).lastPathComponent
        let ends = [partMark, scratchMark].compactMap { name.range(of: $0)?.lowerBound }
        return String(name[..<(ends.min() ?? name.endIndex)])
    }

    /// Runs `write` with the path of a part file beside `path`, flushes that to the disk and renames it.
    /// Whatever `write` left behind is removed when it throws.
    static func create<Result>(_ path: String, _ write: (_ part: String) throws -> Result) throws -> Result {
        let part = "\(path)\(partMark)\(UUID().uuidString.prefix(8))"
        defer { removeLeftovers(of: part) }
        let result = try write(part)
        let name = finalName(of: path)
        try sync(part, name)
        guard rename(part, path) == 0 else { throw Failure.rasterNotWritten(name, detail: lastError("rename")) }
        try sync(URL(fileURLWithPath: path).deletingLastPathComponent().path, name)
        return result
    }

    /// Works in a scratch file beside `path` that is gone afterwards.
    static func scratch<Result>(beside path: String, _ work: (_ scratch: String) throws -> Result) rethrows -> Result {
        let scratch = "\(path)\(scratchMark)\(UUID().uuidString.prefix(8))"
        defer { removeLeftovers(of: scratch) }
        return try work(scratch)
    }

    /// GDAL writes side files whose names begin with the file's.
    private static func removeLeftovers(of path: String) {
        let url = URL(fileURLWithPath: path), folder = url.deletingLastPathComponent()
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []  // left to the sweep
        for name in names where name.hasPrefix(url.lastPathComponent) {
            try? FileManager.default.removeItem(at: folder.appendingPathComponent(name))  // left to the sweep
        }
    }

    private static func sync(_ path: String, _ name: String) throws {
        let descriptor = open(path, O_RDONLY)
        guard descriptor >= 0 else { throw Failure.rasterNotWritten(name, detail: lastError("open")) }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw Failure.rasterNotWritten(name, detail: lastError("fsync")) }
    }

    private static func lastError(_ call: String) -> String { "\(call): \(String(cString: strerror(errno)))" }
}
