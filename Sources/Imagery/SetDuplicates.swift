import Failures

/// Tells photos with the same bytes: by size and checksum of the archive, in a folder by size and content.
struct Fingerprints {
    private struct Key: Hashable {
        let size: Int
        let hash: Int
    }

    private var keys: [Int: Key] = [:]

    /// Of a folder reads only the photos that share their size with another.
    init(_ photos: [SetScan.Found], _ source: any OpenSource) throws(Failure) {
        let sizes = Dictionary(photos.map { ($0.entry.size, 1) }, uniquingKeysWith: +)
        for entry in photos.map(\.entry) where (sizes[entry.size] ?? 0) > 1 {
            if let checksum = entry.checksum {
                keys[entry.index] = Key(size: entry.size, hash: Int(checksum))
            } else {
                keys[entry.index] = Key(size: entry.size, hash: try Self.hash(entry, source))
            }
        }
    }

    /// For each copy the index of the first photo with the same bytes.
    func originals(of photos: [SetScan.Found]) -> [Int: Int] {
        var first: [Key: Int] = [:]
        var originals: [Int: Int] = [:]
        for (position, found) in photos.enumerated() {
            guard let key = keys[found.entry.index] else { continue }
            if let original = first[key] { originals[position] = original } else { first[key] = position }
        }
        return originals
    }

    private static func hash(_ entry: SourceEntry, _ source: any OpenSource) throws(Failure) -> Int {
        let reader = try source.reader(for: entry)
        var hasher = Hasher()
        var offset = 0
        while offset < entry.size {
            let bytes = try reader.bytes(at: offset, count: min(1 << 20, entry.size - offset))
            guard !bytes.isEmpty else { break }
            bytes.withUnsafeBytes { hasher.combine(bytes: $0) }
            offset += bytes.count
        }
        return hasher.finalize()
    }
}

extension ImageSet {
    mutating func findDuplicates(_ found: [SetScan.Found], in fingerprints: Fingerprints) {
        duplicates = fingerprints.originals(of: found).sorted { $0.key < $1.key }.map {
            Duplicate(name: photos[$0.key].name, original: photos[$0.value].name)
        }
    }

    /// File names that occur more than once, copies with the same bytes aside.
    mutating func findClashes() {
        let copies = Set(duplicates.map(\.name))
        let kept = photos.map(\.name).filter { !copies.contains($0) }
        let groups = Dictionary(grouping: kept) { $0.split(separator: "/").last.map { $0.lowercased() } ?? "" }
        clashes = groups.values.filter { $0.count > 1 }.map { $0.sorted() }.sorted { $0[0] < $1[0] }
    }
}
