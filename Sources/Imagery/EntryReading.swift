import Failures
import Foundation

/// What one entry of a set turned out to be, once it was looked into.
enum EntryReading: Sendable {
    case ignored(ImageSet.Ignored.Reason)
    /// An RTK file of this kind, with its marks where it has any.
    case sidecar(String, MarkFile?)
    /// Ground control or positions, under this name.
    case control(String)
    case photo(PhotoFacts)

    /// Throws `file_unreadable` or `zip_…` where the entry cannot be read; that it is no photo is no failure.
    init(_ entry: SourceEntry, _ source: any OpenSource) throws(Failure) {
        switch EntryRole(entry) {
        case .ignored(let reason): self = .ignored(reason)
        case .sidecar(let kind):
            let hasMarks = kind == "MRK" && entry.size <= MarkFile.maximumSize
            self = .sidecar(
                kind, hasMarks ? MarkFile(try source.reader(for: entry).bytes(at: 0, count: entry.size)) : nil)
        case .control(let name): self = .control(name)
        case .perhapsPhoto: self = try Self.photo(entry, source)
        }
    }

    private static func photo(_ entry: SourceEntry, _ source: any OpenSource) throws(Failure) -> EntryReading {
        let reader = try source.reader(for: entry)
        do throws(Failure) {
            return .photo(
                try PhotoReader.read(size: entry.size, name: entry.path.text, isWhole: !entry.isPacked) {
                    offset, count in try reader.bytes(at: offset, count: count)
                })
        } catch {
            guard error.code == "photo_not_recognised" else { throw error }
            return .ignored(.notAPhoto)
        }
    }
}

extension ImageSet {
    /// Threads that read or write entries of one set: as many as there are cores, up to 8, beyond which disks are
    /// what is waited for.
    public static var defaultThreads: Int { min(8, ProcessInfo.processInfo.activeProcessorCount) }
}

extension Crew<any OpenSource> {
    /// Opens the source for each thread, but for no more of them than there are entries.
    init(_ source: any PhotoSource, threads: Int) throws(Failure) {
        var tools = [try source.opened()]
        while tools.count < min(threads, source.entries.count) { tools.append(try source.opened()) }
        self.tools = tools
    }
}
