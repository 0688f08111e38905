import Failures

/// One file of a set, in an archive or in a folder.
struct SourceEntry {
    /// Position in the source's own list.
    let index: Int
    let path: EntryPath
    let size: Int
    /// Compressed, so that reading at its end costs as much as reading it whole.
    let isPacked: Bool
    /// CRC-32 as the archive states it.
    let checksum: UInt32?

    /// Throws `file_too_large`; a film of any length does no harm, for it is passed over.
    func checkSize(_ limits: UnpackLimits) throws(Failure) {
        if case .ignored = EntryRole(self) { return }
        guard size <= limits.maximumFileBytes else { throw .fileTooLarge(path.text, limit: limits.maximumFileBytes) }
    }
}

/// Where photos come from: a ZIP archive or a folder.
protocol PhotoSource {
    /// Files only, in the source's own order.
    var entries: [SourceEntry] { get }
    /// Bytes of the archive or of the folder's files.
    var size: Int { get }
    /// What was passed over while listing, e.g. symbolic links in a folder.
    var skipped: [ImageSet.Ignored] { get }

    /// A way in for one thread, beside those of others.
    func opened() throws(Failure) -> any OpenSource
}

/// A source as one thread reads it. Not thread-safe.
protocol OpenSource {
    /// Random access to one entry; one at a time.
    func reader(for entry: SourceEntry) throws(Failure) -> any EntryReader
    /// Writes the whole entry to the new file `path` and checks size and checksum; `wrote` hears of bytes, and ends it
    /// by throwing.
    func extract(_ entry: SourceEntry, to path: String, wrote: (Int) throws(Failure) -> Void) throws(Failure)
}

protocol EntryReader {
    /// Up to `count` bytes from `offset`, fewer only at the end.
    func bytes(at offset: Int, count: Int) throws(Failure) -> [UInt8]
}

extension RegularFile: EntryReader {}
