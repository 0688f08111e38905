import Failures
import Foundation

/// The photos in a folder and its subfolders; symbolic links are not followed.
final class FolderSource: PhotoSource, OpenSource {
    private(set) var entries: [SourceEntry] = []
    private(set) var size = 0
    private(set) var skipped: [ImageSet.Ignored] = []
    private let root: String
    private let limits: UnpackLimits
    /// As the file system spells them, while `SourceEntry.path` is fit to show.
    private var paths: [String] = []

    init(path: String, limits: UnpackLimits) throws(Failure) {
        root = path
        self.limits = limits
        try list("", components: [])
    }

    /// Nothing changes once it is listed.
    func opened() -> any OpenSource { self }

    func reader(for entry: SourceEntry) throws(Failure) -> any EntryReader {
        try RegularFile(path: paths[entry.index], followsLinks: false)
    }

    /// A hard link where the file system allows it, else a copy.
    func extract(_ entry: SourceEntry, to path: String, wrote: (Int) throws(Failure) -> Void) throws(Failure) {
        let source = try RegularFile(path: paths[entry.index], followsLinks: false)
        guard source.size == entry.size else {
            throw .fileUnreadable(entry.path.text, detail: "its size changed while it was read")
        }
        if link(paths[entry.index], path) == 0 { return try wrote(entry.size) }
        let output = try NewFile(path: path, name: entry.path.text)
        var offset = 0
        while offset < entry.size {
            let bytes = try source.bytes(at: offset, count: min(32 << 10, entry.size - offset))
            guard !bytes.isEmpty else { throw .fileUnreadable(entry.path.text, detail: "it became shorter") }
            try output.write(bytes)
            offset += bytes.count
            try wrote(bytes.count)
        }
        try output.finish()
    }

    private func list(_ folder: String, components: [String]) throws(Failure) {
        guard let names = names(in: folder.isEmpty ? root : folder) else {
            throw .fileUnreadable(components.last ?? "the folder", detail: "\(folder): \(errnoText())")
        }
        for name in names.sorted() {
            let path = (folder.isEmpty ? root : folder) + "/" + name
            var status = stat()
            // A file that was removed meanwhile is no longer part of the set.
            guard lstat(path, &status) == 0 else { continue }
            let inside = EntryPath(components: components + [name])
            switch status.st_mode & S_IFMT {
            case S_IFDIR where components.count < limits.maximumDepth: try list(path, components: components + [name])
            case S_IFREG: try add(path, inside, size: Int(status.st_size))
            case S_IFLNK: skipped.append(.init(name: inside.text, reason: .symbolicLink))
            default: skipped.append(.init(name: inside.text, reason: .notAPhoto))
            }
        }
    }

    private func add(_ path: String, _ inside: EntryPath, size: Int) throws(Failure) {
        guard entries.count < limits.maximumEntries else { throw .tooManyFiles(limit: limits.maximumEntries) }
        let entry = SourceEntry(index: entries.count, path: inside, size: size, isPacked: false, checksum: nil)
        try entry.checkSize(limits)
        self.size += size
        guard self.size <= limits.maximumTotalBytes else { throw .setTooLarge(limit: limits.maximumTotalBytes) }
        entries.append(entry)
        paths.append(path)
    }

    private func names(in folder: String) -> [String]? {
        guard let directory = opendir(folder) else { return nil }
        defer { closedir(directory) }
        var names: [String] = []
        while let entry = readdir(directory) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != "." && name != ".." { names.append(name) }
        }
        return names
    }
}
