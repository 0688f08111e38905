import Failures

/// What a ZIP archive from a stranger must fulfil before any of it is unpacked.
struct ZipPolicy {
    let limits: UnpackLimits

    /// The archive's files with paths that are safe to show.
    ///
    /// Throws for the first hostile or unreadable entry: an archive that tries one such thing is refused whole.
    func files(of directory: ZipDirectory, archiveSize: Int) throws(Failure) -> [SourceEntry] {
        var files: [SourceEntry] = []
        var total = 0
        for entry in directory.entries {
            let path = try EntryPath(archived: entry.rawName[...], limits: limits)
            try checkKind(entry, path)
            if entry.isFolder { continue }
            let file = SourceEntry(
                index: entry.index, path: path, size: entry.size, isPacked: entry.method != 0, checksum: entry.checksum)
            try file.checkSize(limits)
            try checkHonesty(entry, path)
            // Compared this way round, for sizes may be as large as integers are.
            guard entry.size <= limits.maximumTotalBytes - total else {
                throw .setTooLarge(limit: limits.maximumTotalBytes)
            }
            total += entry.size
            files.append(file)
        }
        try checkMethods(directory)
        guard isPlausible(total, packed: archiveSize) else {
            throw .zipBomb("the archive", limit: limits.maximumRatio)
        }
        return files
    }

    private func checkKind(_ entry: ZipDirectory.Entry, _ path: EntryPath) throws(Failure) {
        if entry.isEncrypted { throw .zipEncrypted(path.text) }
        guard entry.madeByUnix else { return }
        switch entry.unixMode & 0o170000 {
        case 0, 0o100000, 0o040000: return
        case 0o120000: throw .zipSymbolicLink(path.text)
        default: throw .zipSpecialFile(path.text)
        }
    }

    private func checkHonesty(_ entry: ZipDirectory.Entry, _ path: EntryPath) throws(Failure) {
        guard entry.method != 0 || entry.size == entry.packedSize else { throw .zipSizeLie(path.text) }
        guard isPlausible(entry.size, packed: entry.packedSize) else {
            throw .zipBomb(path.text, limit: limits.maximumRatio)
        }
    }

    private func isPlausible(_ size: Int, packed: Int) -> Bool {
        size <= limits.ratioFreeBytes || size / limits.maximumRatio <= packed
    }

    /// Stored and deflate are what every program writes unless told otherwise, and what ODM's tools read.
    private func checkMethods(_ directory: ZipDirectory) throws(Failure) {
        let methods = directory.entries.filter { !$0.isFolder && ![0, 8].contains($0.method) }.map(\.method)
        guard !methods.isEmpty else { return }
        let counts = Dictionary(methods.map { ($0, 1) }, uniquingKeysWith: +).sorted { $0.key < $1.key }
        throw .zipUnsupportedMethods(counts.map { (Self.names[$0.key], $0.key, $0.value) })
    }

    /// Source: APPNOTE.TXT 4.4.5
    private static let names: [Int: String] = [
        1: "shrink", 6: "implode", 9: "deflate64", 12: "bzip2", 14: "lzma", 19: "lz77", 93: "zstd", 94: "mp3",
        95: "xz", 96: "jpeg", 97: "wavpack", 98: "ppmd",
    ]
}
